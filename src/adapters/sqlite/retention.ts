import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../application/ports/clock.js";
import { DATABASE_COMPANIONS, DATABASE_FILE } from "./database.js";
import type { SqliteEventLog } from "./event-log.js";
import type { SqliteStorage } from "./sqlite-storage.js";

const DAY_MS = 86_400_000;
/** How often it looks: between two looks the store can grow beyond its limit. */
const INTERVAL_MS = 5000;
/** Rows removed at once: a few milliseconds, between which records are stored. */
const SLICE_ROWS = 500;
/** Bytes of them, where rows can be large. */
const SLICE_BYTES = 512 * 1024;
/** Pages given back to the file system at once. */
const SLICE_PAGES = 128;
/** Free pages that are kept for what comes next. */
const SPARE_PAGES = 256;

// The last one of the oldest that is too old: one with a later time before it goes too, because
// sequences have no holes.
const LAST_TOO_OLD = `
  SELECT max(sequence) FROM (
    SELECT sequence, time_ms FROM events ORDER BY sequence LIMIT ${SLICE_ROWS}
  ) WHERE time_ms < ?`;
const LAST_OF_SLICE = `
  SELECT max(sequence) FROM (SELECT sequence FROM events ORDER BY sequence LIMIT ${SLICE_ROWS})`;
const REMOVE_EVENTS = "DELETE FROM events WHERE sequence <= ?";
const OLDEST_DECISION = "SELECT min(newest_time_ms) FROM decision_chunks";
const OLDEST_EVENT = "SELECT time_ms FROM events ORDER BY sequence LIMIT 1";
const REMOVE_DECISIONS = `
  DELETE FROM decision_chunks WHERE chunk IN (
    SELECT chunk FROM (
      SELECT chunk, sum(size) OVER (ORDER BY newest_time_ms, chunk) - size AS size_before
      FROM (
        SELECT chunk, newest_time_ms, size FROM decision_chunks
        WHERE newest_time_ms < ? ORDER BY newest_time_ms, chunk LIMIT ${SLICE_ROWS}
      )
    ) WHERE size_before < ${SLICE_BYTES}
  )`;
const OLDEST_COUNT = "SELECT min(start_ms) FROM decision_counts WHERE counted_by = 'all'";
// By the beginning of the key: a few thousand rows an hour.
const REMOVE_COUNTS = `
  DELETE FROM decision_counts
  WHERE counted_by IN ('all', 'answer', 'component', 'policy_type', 'requester', 'rule')
    AND start_ms < ?`;
const PAGES = `
  SELECT page_count, freelist_count, page_size
  FROM pragma_page_count, pragma_freelist_count, pragma_page_size`;

/** What may be removed, oldest first: events and decisions, and nothing else ever. */
export interface RetentionLimits {
  readonly eventDays: number;
  readonly decisionDays: number;
  /** Of the database file. */
  readonly maxBytes: number;
}

export interface Retention {
  /** Removes what is over the limits now, a slice at a time. @throws {StorageFault} */
  run(): Promise<void>;
  /** Runs now and then, until it is stopped. */
  start(): void;
  /** Resolves when a run that is under way has ended. */
  stop(): Promise<void>;
  /** Size on disk, in bytes, with the log that is not yet merged into the database. */
  bytes(): Promise<number>;
}

/** Keeps the store within its limits; records are stored between its slices. */
export function createRetention(deps: {
  readonly dataDir: string;
  readonly storage: SqliteStorage;
  readonly eventLog: SqliteEventLog;
  readonly clock: Pick<Clock, "nowMs">;
  readonly limits: RetentionLimits;
}): Retention {
  const { dataDir, storage, eventLog, clock, limits } = deps;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function value(sql: string, ...params: number[]): Promise<number | undefined> {
    const [row] = await storage.query(sql, params);
    return row?.[0] === null || row?.[0] === undefined ? undefined : Number(row[0]);
  }

  async function removeEventsThrough(sequence: number): Promise<void> {
    await storage.transact([{ sql: REMOVE_EVENTS, params: [sequence] }], () => {
      eventLog.removedThrough(sequence);
    });
  }

  async function removeOldEvents(): Promise<void> {
    const endMs = clock.nowMs() - limits.eventDays * DAY_MS;
    for (;;) {
      const last = await value(LAST_TOO_OLD, endMs);
      if (last === undefined || isStopped) return;
      await removeEventsThrough(last);
    }
  }

  async function removeOldDecisions(): Promise<void> {
    const endMs = clock.nowMs() - limits.decisionDays * DAY_MS;
    for (;;) {
      const oldestMs = await value(OLDEST_DECISION);
      if (oldestMs === undefined || oldestMs >= endMs || isStopped) return;
      await storage.transact([{ sql: REMOVE_DECISIONS, params: [endMs] }]);
    }
  }

  async function removeOldCounts(): Promise<void> {
    const endMs = clock.nowMs() - limits.decisionDays * DAY_MS;
    const oldestMs = await value(OLDEST_COUNT);
    if (oldestMs === undefined || oldestMs >= endMs || isStopped) return;
    await storage.transact([{ sql: REMOVE_COUNTS, params: [endMs] }]);
  }

  async function pages(): Promise<{ free: number; usedBytes: number }> {
    const [row] = await storage.query(PAGES);
    const [count = 0, free = 0, size = 0] = (row ?? []).map(Number);
    return { free, usedBytes: (count - free) * size };
  }

  async function removeWhatIsTooMuch(): Promise<void> {
    while (!isStopped && (await pages()).usedBytes > limits.maxBytes) {
      const eventMs = (await value(OLDEST_EVENT)) ?? Infinity;
      const decisionMs = (await value(OLDEST_DECISION)) ?? Infinity;
      if (eventMs === Infinity && decisionMs === Infinity) return;
      if (decisionMs <= eventMs) {
        const params = [Number.MAX_SAFE_INTEGER];
        await storage.transact([{ sql: REMOVE_DECISIONS, params }]);
      } else {
        await removeEventsThrough((await value(LAST_OF_SLICE)) ?? 0);
      }
    }
  }

  async function giveBack(): Promise<void> {
    while (!isStopped && (await pages()).free > SPARE_PAGES) {
      await storage.query(`PRAGMA incremental_vacuum(${SLICE_PAGES})`);
    }
  }

  async function runAll(): Promise<void> {
    await removeOldEvents();
    await removeOldDecisions();
    await removeOldCounts();
    await removeWhatIsTooMuch();
    await giveBack();
  }

  function run(): Promise<void> {
    running ??= runAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    run,
    start() {
      // A failure is told by the storage itself, and the next run tries again.
      const runQuietly = (): void => void run().catch(() => undefined);
      runQuietly();
      timer = setInterval(runQuietly, INTERVAL_MS).unref();
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running?.catch(() => undefined);
    },
    async bytes() {
      const files = ["", ...DATABASE_COMPANIONS].map((suffix) => DATABASE_FILE + suffix);
      const sizes = await Promise.all(
        files.map((file) =>
          stat(join(dataDir, file)).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
      );
      return sizes.reduce((sum, size) => sum + size, 0);
    },
  };
}
