import type { Statement, Unit, UnitResult } from "./storage-messages.js";
import { type StoredRow, storedRows } from "./stored-rows.js";

/** Someone who waits until a record is durable. */
export interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Nothing was stored. */
export class StorageFault extends Error {
  override readonly name = "StorageFault";
}

export interface LaneOptions<Stored> {
  /** Inserts from `STORED_ROWS`, in order. */
  readonly insertSql: string;
  readonly rowOf: (record: Stored) => StoredRow;
  /** What is stored in the same unit, after them. */
  readonly alongside?: (records: readonly Stored[]) => Statement;
  /** In the order of the commits. `lastId` is the row id of the last record; they are contiguous. */
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
  queued(): number;
  pending(): number;
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

interface Queued<Stored> {
  readonly record: Stored;
  readonly row: StoredRow;
  readonly waiter: Waiter | undefined;
}

/** @param onPush - Called after each push. */
export function createRecordLane<Stored>(
  { insertSql, rowOf, alongside, onCommitted, onDropped }: LaneOptions<Stored>,
  onPush: () => void,
): RecordLane<Stored> & LaneQueue {
  let queue: Queued<Stored>[] = [];
  let posted = 0;
  let waiting = 0;

  function drop(records: readonly Queued<Stored>[], why: string): void {
    if (records.length === 0) return;
    onDropped(
      records.map(({ record }) => record),
      why,
    );
    for (const { waiter } of records) waiter?.reject(new StorageFault(why));
  }

  function takeQueued(limit: number, onlyWaiting: boolean): Queued<Stored>[] {
    if (!onlyWaiting) return queue.splice(0, limit);
    const taken: Queued<Stored>[] = [];
    queue = queue.filter((queued) => {
      const isTaken = queued.waiter !== undefined && taken.length < limit;
      if (isTaken) taken.push(queued);
      return !isTaken;
    });
    return taken;
  }

  return {
    push(record, waiter) {
      queue.push({ record, row: rowOf(record), waiter });
      if (waiter) waiting += 1;
      onPush();
    },
    pending: () => queue.length + posted,
    queued: () => queue.length,
    hasWaiter: () => waiting > 0,
    take({ limit, onlyWaiting }) {
      const taken = takeQueued(limit, onlyWaiting);
      if (taken.length === 0) return undefined;
      const withWaiter = taken.filter(({ waiter }) => waiter);
      waiting -= withWaiter.length;
      posted += taken.length;
      const params = storedRows(taken.map(({ row }) => row));
      const more = alongside?.(taken.map(({ record }) => record));
      return {
        size: taken.length,
        unit: [{ sql: insertSql, params }, ...(more ? [more] : [])],
        settle(result) {
          posted -= taken.length;
          if (!result.ok) {
            drop(taken, result.message);
            return;
          }
          onCommitted(
            taken.map(({ record }) => record),
            result.lastIds[0] ?? 0,
          );
          for (const { waiter } of withWaiter) waiter?.resolve();
        },
        fail(why) {
          posted -= taken.length;
          queue.unshift(...taken.filter(({ waiter }) => !waiter));
          drop(withWaiter, why);
        },
      };
    },
    dropAll(why) {
      waiting = 0;
      drop(queue.splice(0), why);
    },
  };
}
