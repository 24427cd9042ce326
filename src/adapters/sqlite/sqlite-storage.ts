import type { Log } from "../../application/ports/log.js";
import { lockDataDir } from "./data-dir-lock.js";
import {
  createRecordLane,
  type LaneBatch,
  type LaneOptions,
  type LaneQueue,
  type RecordLane,
  StorageFault,
} from "./record-lane.js";
import type {
  OpenedDatabase,
  SetAsideDatabase,
  SqlRow,
  Unit,
  UnitResult,
} from "./storage-messages.js";
import { connectWorker } from "./worker-connection.js";

/** Records that wait for no more. */
const FLUSH_RECORDS = 512;
/** Those that are tried again while writes fail. */
const RETRY_RECORDS = 256;
/** Bounds the time that one commit takes, and so what a mutation waits for. */
const MAX_BATCH_RECORDS = 2048;
const MAX_BATCH_UNITS = 256;
/** Records that are neither stored nor dropped: beyond it nothing is taken that may be dropped. */
const MAX_PENDING_RECORDS = 20_000;
/** Bytes of their bodies: a request of 4 MiB can make a record of 24 MB. */
const MAX_PENDING_LENGTH = 256 * 2 ** 20;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;

/** The main thread's side of the storage thread. No call here waits for the disk. */
export interface SqliteStorage {
  readonly opened: OpenedDatabase;
  /** Records that are stored in batches. Open every lane before the first push. */
  openLane<Stored, Columns>(options: LaneOptions<Stored, Columns>): RecordLane<Stored>;
  /** Too many records wait: take none that may be dropped. */
  isFull(): boolean;
  /**
   * Carries out `unit`, all or nothing; durable when it settles.
   * @param onCommitted - Called in the order of the commits, before the promise settles.
   * @throws {StorageFault} Nothing of it was kept.
   */
  transact(unit: Unit, onCommitted?: (lastIds: readonly number[]) => void): Promise<void>;
  /** Rows as arrays. @throws {StorageFault} */
  query(sql: string, params?: SqlRow): Promise<readonly SqlRow[]>;
  /** Why the last write failed, or nothing can be asked; undefined when it did not. */
  failure(): string | undefined;
  /**
   * Says up to where events were acknowledged. Where the database has to be set aside while it is in
   * use, `onRemoved` is called: the log goes on after `newestEvent`, and what was before is gone.
   */
  continueLog(log: { readonly newestEvent: () => number; readonly onRemoved: () => void }): void;
  /** Calls `listener` after the database was set aside and a new one began, while it is in use. */
  onSetAside(listener: (setAside: SetAsideDatabase) => void): void;
  /** Resolves when everything taken so far is stored, or could not be. */
  flush(): Promise<void>;
  /** Stores what it can, gives up the rest, lets go of DATA_DIR. Idempotent. */
  close(): Promise<void>;
}

interface Waiting {
  readonly unit: Unit;
  readonly settle: (result: UnitResult) => void;
}

/**
 * Opens the store of `dataDir` and its thread.
 *
 * @throws {DataDirError} Another process has it, or it cannot be used.
 */
export async function openSqliteStorage(deps: {
  readonly dataDir: string;
  readonly log: Log;
}): Promise<SqliteStorage> {
  const { dataDir, log } = deps;
  const unlock = lockDataDir(dataDir);
  let eventLog = { newestEvent: () => 0, onRemoved: (): void => undefined };
  const setAsideListeners: ((setAside: SetAsideDatabase) => void)[] = [];
  const worker = await connectWorker({
    ...{ dataDir, log },
    newestEvent: () => eventLog.newestEvent(),
    onRestarted({ setAside }) {
      if (!setAside) return;
      eventLog.onRemoved();
      for (const listener of setAsideListeners) listener(setAside);
    },
  }).catch((error: unknown) => {
    unlock();
    throw error;
  });
  const lanes: LaneQueue[] = [];
  const units: Waiting[] = [];
  let isPosted = false;
  let isSoon = false;
  let timer: NodeJS.Timeout | undefined;
  /** Of the timer: how long it was set for, and when it ends. */
  let timerMs = 0;
  let dueMs = 0;
  let failure: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  const idle: (() => void)[] = [];
  let closing: Promise<void> | undefined;

  const queued = (): number => lanes.reduce((sum, lane) => sum + lane.queued(), 0);
  /** How long what is queued may wait; Infinity where nothing is. */
  const soonestMs = (): number =>
    Math.min(...lanes.filter((lane) => lane.queued() > 0).map(({ withinMs }) => withinMs));
  const someoneWaits = (): boolean => units.length > 0 || lanes.some((lane) => lane.hasWaiter());

  /** Posts now, in a moment, or not at all. */
  function schedule(withinMs = soonestMs()): void {
    if (isPosted || isSoon) return;
    const records = queued();
    if (records === 0 && units.length === 0) {
      tellIdle();
      // Without anything to store nobody would see that writes work again.
      if (failure !== undefined) timer ??= setTimeout(post, retryMs).unref();
    } else if (someoneWaits() || (failure === undefined && records >= FLUSH_RECORDS)) {
      isSoon = true;
      // Why not here: the rest of a batch check is about to come.
      queueMicrotask(() => {
        isSoon = false;
        if (!isPosted) post();
      });
    } else if (failure !== undefined) {
      timer ??= setTimeout(post, retryMs);
    } else if (timer === undefined || withinMs < timerMs) {
      postWithin(withinMs);
    }
  }

  function postWithin(withinMs: number): void {
    const nowMs = performance.now();
    if (timer !== undefined && dueMs <= nowMs + withinMs) return;
    clearTimeout(timer);
    timerMs = withinMs;
    dueMs = nowMs + withinMs;
    timer = setTimeout(post, withinMs);
  }

  function post(): void {
    clearTimeout(timer);
    timer = undefined;
    // While writes fail only those who wait are tried at once: what was kept may be what is too much.
    const onlyWaiting = failure !== undefined && someoneWaits();
    const limit = failure === undefined ? MAX_BATCH_RECORDS : RETRY_RECORDS;
    const batches: LaneBatch[] = lanes.flatMap((lane) => lane.take({ limit, onlyWaiting }) ?? []);
    const waiting = units.splice(0, MAX_BATCH_UNITS);
    const posted = [...batches.map(({ unit }) => unit), ...waiting.map((w) => w.unit)];
    if (posted.length === 0 && failure === undefined) return;
    isPosted = true;
    const postedMs = performance.now();
    worker.commit(posted, (outcome) => {
      isPosted = false;
      if (outcome.ok) {
        recovered();
        [...batches, ...waiting].forEach((part, index) => {
          const missing: UnitResult = { ok: false, message: "no answer from the storage thread" };
          part.settle(outcome.units[index] ?? missing);
        });
      } else {
        failed(outcome.message);
        for (const batch of batches) batch.fail(outcome.message);
        for (const { settle } of waiting) settle({ ok: false, message: outcome.message });
      }
      // What came meanwhile waits from then on, not from now on.
      schedule(Math.max(0, soonestMs() - (performance.now() - postedMs)));
    });
  }

  function failed(message: string): void {
    if (failure === undefined) {
      log.error(
        { dataDir, cause: message },
        "writes to DATA_DIR fail: trying again until they work",
      );
      retryMs = FIRST_RETRY_MS;
    } else {
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
    }
    failure = message;
    tellIdle();
  }

  function recovered(): void {
    if (failure === undefined) return;
    failure = undefined;
    log.info({ dataDir }, "writes to DATA_DIR work again");
  }

  function tellIdle(): void {
    for (const tell of idle.splice(0)) tell();
  }

  function flush(): Promise<void> {
    if (queued() === 0 && units.length === 0 && !isPosted) return Promise.resolve();
    return new Promise((resolve) => {
      idle.push(resolve);
      if (isPosted) return;
      post();
    });
  }

  async function close(): Promise<void> {
    await flush();
    clearTimeout(timer);
    const why = failure ?? "the engine stopped";
    for (const lane of lanes) lane.dropAll(why);
    for (const { settle } of units.splice(0)) settle({ ok: false, message: why });
    await worker.close();
    unlock();
  }

  return {
    opened: worker.opened,
    openLane(options) {
      const lane = createRecordLane(options, () => {
        schedule(options.withinMs);
      });
      lanes.push(lane);
      return lane;
    },
    isFull: () =>
      lanes.reduce((sum, lane) => sum + lane.pending(), 0) >= MAX_PENDING_RECORDS ||
      lanes.reduce((sum, lane) => sum + lane.pendingLength(), 0) >= MAX_PENDING_LENGTH,
    transact: (unit, onCommitted) =>
      new Promise((resolve, reject) => {
        units.push({
          unit,
          settle(result) {
            if (!result.ok) {
              reject(new StorageFault(result.message));
              return;
            }
            onCommitted?.(result.lastIds);
            resolve();
          },
        });
        schedule();
      }),
    query: (sql, params = []) => worker.query(sql, params),
    failure: () => failure ?? worker.failure(),
    continueLog(log) {
      eventLog = log;
    },
    onSetAside: (listener) => {
      setAsideListeners.push(listener);
    },
    flush,
    close: () => (closing ??= close()),
  };
}
