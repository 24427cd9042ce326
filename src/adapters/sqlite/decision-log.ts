import { bucketMsOf, createDecisionCounter } from "../../application/count-decisions.js";
import { PdpError } from "../../application/errors.js";
import type {
  CountedBy,
  CountedPeriod,
  DecisionLog,
  LoggedDecision,
} from "../../application/ports/decision-log.js";
import { chunkParams, type DecisionFacts, INSERT_CHUNKS } from "./decision-chunks.js";
import { createDecisionJson } from "./decision-json.js";
import { readDecisionsPage } from "./decision-pages.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow } from "./storage-messages.js";

const COUNT = `
  INSERT INTO decision_counts
    (counted_by, start_ms, name, decided, allowed, duration_us, last_time_ms)
  SELECT json_extract(value, '$.countedBy'), json_extract(value, '$.startMs'),
    json_extract(value, '$.name'), json_extract(value, '$.decided'),
    json_extract(value, '$.allowed'), json_extract(value, '$.durationUs'),
    json_extract(value, '$.lastTimeMs')
  FROM json_each(?) WHERE 1
  ON CONFLICT DO UPDATE SET
    decided = decided + excluded.decided, allowed = allowed + excluded.allowed,
    duration_us = duration_us + excluded.duration_us,
    last_time_ms = max(last_time_ms, excluded.last_time_ms)`;

const COUNT_BY = `
  SELECT name, sum(decided), sum(allowed), sum(duration_us), max(last_time_ms)
  FROM decision_counts WHERE counted_by = ? AND start_ms >= ? AND start_ms < ?
  GROUP BY name ORDER BY sum(decided) DESC, name LIMIT ?`;

const COUNT_BY_HOUR = `
  SELECT start_ms - start_ms % 3600000 AS hour_ms, sum(decided), sum(allowed), sum(duration_us),
    (SELECT count(*) FROM decision_counts AS asked
      WHERE asked.counted_by = 'requester'
        AND asked.start_ms = counted.start_ms - counted.start_ms % 3600000)
  FROM decision_counts AS counted
  WHERE counted_by = 'all' AND start_ms >= ? AND start_ms < ?
  GROUP BY hour_ms ORDER BY hour_ms`;

/** Of the 50 ms within which a decision is recorded; the rest is for the commit. */
const WITHIN_MS = 30;

/** The durable decision log. Times are those of the clock: when it steps back, so does the order. */
export function createSqliteDecisionLog({
  storage,
}: {
  readonly storage: SqliteStorage;
}): DecisionLog {
  const dropped = { overload: 0, storage_unavailable: 0 };
  let recorded = 0;
  /** Recorded, or given up, since the start. */
  let settled = 0;
  const counter = createDecisionCounter();

  const decisionJson = createDecisionJson();
  const lane = storage.openLane<LoggedDecision, DecisionFacts>({
    withinMs: WITHIN_MS,
    insertSql: INSERT_CHUNKS,
    paramsOf: chunkParams,
    rowOf(logged) {
      const { json, shared, sharedLength } = decisionJson(logged);
      return {
        columns: { timeMs: logged.timeMs, shared, sharedLength },
        body: `,${json}`,
        // As if nobody shared it: many decisions have an answer of their own.
        besideLength: sharedLength,
      };
    },
    alongside(decisions) {
      for (const decision of decisions) counter.add(decision);
      return { sql: COUNT, params: [JSON.stringify(counter.take())] };
    },
    onCommitted(decisions) {
      recorded += decisions.length;
      settled += decisions.length;
    },
    onDropped(decisions) {
      settled += decisions.length;
      dropped.storage_unavailable += decisions.length;
    },
  });

  /** Who reads finds what was answered before: it goes to disk now, if it still waits. */
  async function storeWhatWaits(): Promise<void> {
    const end = settled + lane.pending();
    while (settled < end) {
      const before = settled;
      // What cannot be written now does not keep anybody from reading the rest.
      await storage.transact([]).catch(() => undefined);
      if (settled === before) return;
    }
  }

  async function read(sql: string, params: SqlRow): Promise<readonly SqlRow[]> {
    try {
      return await storage.query(sql, params);
    } catch (cause) {
      throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the decision log" }, { cause });
    }
  }

  return {
    append(decision) {
      if (!storage.isFull()) lane.push(decision);
      else if (storage.failure() === undefined) dropped.overload += 1;
      else dropped.storage_unavailable += 1;
    },
    appendDurably: (decision) =>
      new Promise((resolve, reject) => {
        lane.push(decision, {
          resolve,
          reject(cause) {
            const what = "the decision";
            reject(new PdpError({ reason: "STORAGE_UNAVAILABLE", what }, { cause }));
          },
        });
      }),
    async list(query) {
      await storeWhatWaits();
      return readDecisionsPage(query, read);
    },
    counts: () => ({ recorded, pending: lane.pending(), dropped: { ...dropped } }),
    async countBy(countedBy, period, limit) {
      await storeWhatWaits();
      const rows = await read(COUNT_BY, [countedBy, ...bucketsOf(period, countedBy), limit]);
      return rows.map(([name, decided, allowed, durationUs, lastTimeMs]) => ({
        name: String(name),
        ...{ decided: Number(decided), allowed: Number(allowed) },
        ...{ durationUs: Number(durationUs), lastTimeMs: Number(lastTimeMs) },
      }));
    },
    async countByHour(period) {
      await storeWhatWaits();
      const rows = await read(COUNT_BY_HOUR, bucketsOf(period, "all"));
      return rows.map(([startMs, decided, allowed, durationUs, requesters]) => ({
        startMs: Number(startMs),
        ...{ decided: Number(decided), allowed: Number(allowed) },
        ...{ durationUs: Number(durationUs), requesters: Number(requesters) },
      }));
    },
  };
}

/** From the bucket in which the period begins, to before the one after its end. */
function bucketsOf(
  { startTimeMs, endTimeMs }: CountedPeriod,
  countedBy: CountedBy,
): readonly [number, number] {
  const bucketMs = bucketMsOf(countedBy);
  return [
    startTimeMs === undefined
      ? Number.MIN_SAFE_INTEGER
      : Math.floor(startTimeMs / bucketMs) * bucketMs,
    endTimeMs ?? Number.MAX_SAFE_INTEGER,
  ];
}
