import { createBodyWriter } from "./body-writer.js";
import type { SqlRow, Statement, Unit, UnitResult } from "./storage-messages.js";
import type { StoredRow } from "./stored-rows.js";

/** Someone who waits until a record is durable. */
export interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Nothing was stored. */
export class StorageFault extends Error {
  override readonly name = "StorageFault";
}

/** As it is stored once its body was written. */
export interface LaneRow<Columns> {
  readonly columns: Columns;
  readonly body: string;
  /** Bytes that may be stored with it, beside the body. Default: none. */
  readonly besideLength?: number;
}

export interface LaneOptions<Stored, Columns> {
  /** How long a record may wait for others that share its commit. */
  readonly withinMs: number;
  /** Inserts rows, in order. */
  readonly insertSql: string;
  /** Its parameters; bytes among them are handed over. */
  readonly paramsOf: (rows: readonly StoredRow<Columns>[]) => SqlRow;
  readonly rowOf: (record: Stored) => LaneRow<Columns>;
  /** What is stored in the same unit, after them. */
  readonly alongside?: (records: readonly Stored[]) => Statement;
  /** In the order of the commits. `lastId` is the row id of the last row; they are contiguous. */
  readonly onCommitted: (records: readonly Stored[], lastId: number) => void;
  /** These were taken, and will never be stored. */
  readonly onDropped: (records: readonly Stored[], why: string) => void;
}

/** Records of one kind, in the order in which they are stored. */
export interface RecordLane<Stored> {
  /** Takes a record: durable some milliseconds later, whoever waits. */
  push(record: Stored, waiter?: Waiter): void;
  /** How many were taken and are neither stored nor dropped. */
  pending(): number;
}

/** What storage does with a lane. */
export interface LaneQueue {
  readonly withinMs: number;
  queued(): number;
  pending(): number;
  /** Bytes of what is pending. */
  pendingLength(): number;
  hasWaiter(): boolean;
  /** The next batch, taken from the queue; undefined when it has none. */
  take(options: { readonly limit: number; readonly onlyWaiting: boolean }): LaneBatch | undefined;
  /** Gives up everything that is queued. */
  dropAll(why: string): void;
}

export interface LaneBatch {
  readonly size: number;
  readonly unit: Unit;
  /** The batch's unit was carried out, or refused for good. */
  readonly settle: (result: UnitResult) => void;
  /** Nothing was kept: those who wait are told, the others are tried again. */
  fail(why: string): void;
}

interface Queued<Stored, Columns> extends StoredRow<Columns> {
  readonly record: Stored;
  /** Bytes that it may take. */
  readonly length: number;
  readonly waiter: Waiter | undefined;
}

/** Bytes of one batch; one record alone may be longer. */
const MAX_BATCH_LENGTH = 32 * 2 ** 20;

/** How many, from the first, make a batch; at least one of them, if there are any. */
function batchSize(candidates: readonly Queued<unknown, unknown>[], limit: number): number {
  let length = 0;
  let size = 0;
  for (const candidate of candidates) {
    length += candidate.length;
    if (size === limit || (size > 0 && length > MAX_BATCH_LENGTH)) break;
    size += 1;
  }
  return size;
}

/** @param onPush - Called after each push. */
export function createRecordLane<Stored, Columns>(
  options: LaneOptions<Stored, Columns>,
  onPush: () => void,
): RecordLane<Stored> & LaneQueue {
  const { insertSql, paramsOf, rowOf, alongside, onCommitted, onDropped } = options;
  const write = createBodyWriter();
  let queue: Queued<Stored, Columns>[] = [];
  let posted = 0;
  let pendingLength = 0;
  let waiting = 0;

  function drop(records: readonly Queued<Stored, Columns>[], why: string): void {
    if (records.length === 0) return;
    onDropped(
      records.map(({ record }) => record),
      why,
    );
    for (const { waiter } of records) waiter?.reject(new StorageFault(why));
  }

  function takeQueued(limit: number, onlyWaiting: boolean): Queued<Stored, Columns>[] {
    if (!onlyWaiting) return queue.splice(0, batchSize(queue, limit));
    const candidates = queue.filter(({ waiter }) => waiter !== undefined);
    const taken = candidates.slice(0, batchSize(candidates, limit));
    const isTaken = new Set(taken);
    queue = queue.filter((queued) => !isTaken.has(queued));
    return taken;
  }

  /** These are no longer pending. */
  function forget(records: readonly Queued<Stored, Columns>[]): void {
    for (const { length } of records) pendingLength -= length;
  }

  return {
    withinMs: options.withinMs,
    push(record, waiter) {
      const { columns, body, besideLength = 0 } = rowOf(record);
      const written = write(body);
      const length = written.length + besideLength;
      queue.push({ record, columns, body: written, length, waiter });
      pendingLength += length;
      if (waiter) waiting += 1;
      onPush();
    },
    pending: () => queue.length + posted,
    pendingLength: () => pendingLength,
    queued: () => queue.length,
    hasWaiter: () => waiting > 0,
    take({ limit, onlyWaiting }) {
      const taken = takeQueued(limit, onlyWaiting);
      if (taken.length === 0) return undefined;
      const withWaiter = taken.filter(({ waiter }) => waiter);
      waiting -= withWaiter.length;
      posted += taken.length;
      const records = taken.map(({ record }) => record);
      const more = alongside?.(records);
      return {
        size: taken.length,
        unit: [{ sql: insertSql, params: paramsOf(taken) }, ...(more ? [more] : [])],
        settle(result) {
          posted -= taken.length;
          forget(taken);
          if (!result.ok) {
            drop(taken, result.message);
            return;
          }
          onCommitted(records, result.lastIds[0] ?? 0);
          for (const { waiter } of withWaiter) waiter?.resolve();
        },
        fail(why) {
          posted -= taken.length;
          queue.unshift(...taken.filter(({ waiter }) => !waiter));
          forget(withWaiter);
          drop(withWaiter, why);
        },
      };
    },
    dropAll(why) {
      waiting = 0;
      const dropped = queue.splice(0);
      forget(dropped);
      drop(dropped, why);
    },
  };
}
