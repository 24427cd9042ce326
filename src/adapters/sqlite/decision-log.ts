import { bucketMsOf, createDecisionCounter } from "../../application/count-decisions.js";
import { PdpError } from "../../application/errors.js";
import type {
  CountedBy,
  CountedPeriod,
  DecisionLog,
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "../../application/ports/decision-log.js";
import { rememberTexts } from "../../application/remember-texts.js";
import { runInSlices } from "../../application/run-in-slices.js";
import type { BodyWriter } from "./body-writer.js";
import { createDecisionJson } from "./decision-json.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow } from "./storage-messages.js";
import { STORED_BODY, STORED_ROWS } from "./stored-rows.js";

const MONOTONIC = { monotonicMs: () => performance.now() };
/** Rows of one read: the bound on what the storage thread and the main thread do at a stretch. */
const SLICE_ROWS = 256;
/** Decisions looked at for one page. */
const MAX_SCANNED = 50_000;

const INSERT = `
  INSERT INTO decisions (time_ms, allowed, client_id, policy_type, body)
  SELECT value ->> 2, value ->> 3, value ->> 4, value ->> 5, ${STORED_BODY} FROM ${STORED_ROWS}`;

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

  const lane = storage.openLane<LoggedDecision>({
    insertSql: INSERT,
    writeRow: createWriteRow(),
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

  async function slice(query: DecisionQuery, after: DecisionPosition | undefined) {
    const { sql, params } = readSlice(query, after);
    return read(sql, params);
  }

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
      const page: GrowingPage = { decisions: [], after: query.after, isFull: false };
      for (let scanned = 0; scanned < MAX_SCANNED; scanned += SLICE_ROWS) {
        const rows = await slice(query, page.after);
        await runInSlices(fillSteps(page, rows, query.limit), MONOTONIC);
        if (page.isFull) break;
        if (rows.length < SLICE_ROWS) return { decisions: page.decisions };
      }
      return pageOf(page.decisions, page.after);
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

function createWriteRow(): (decision: LoggedDecision, body: BodyWriter) => string {
  const ofText = rememberTexts((text) => JSON.stringify(text));
  const writeBody = createDecisionJson(ofText);
  return (logged, body) => {
    writeBody(logged, body);
    const { timeMs, decision, clientId, policyType } = logged;
    const isAllowed = decision.allowed ? 1 : 0;
    return `${timeMs},${isAllowed},${ofText(clientId)},${ofText(policyType)}`;
  };
}

interface GrowingPage {
  readonly decisions: LoggedDecision[];
  /** Of the last row that was looked at. */
  after: DecisionPosition | undefined;
  /** The next page has something to show: this one ends. */
  isFull: boolean;
}

/** Reading a decision is a step: those of one slice can be megabytes. */
function* fillSteps(page: GrowingPage, rows: readonly SqlRow[], limit: number): Generator<void> {
  for (const [timeMs, position, body] of rows) {
    if (body !== null) {
      if (page.decisions.length === limit) {
        page.isFull = true;
        return;
      }
      page.decisions.push(JSON.parse(String(body)) as LoggedDecision);
      yield;
    }
    page.after = { timeMs: Number(timeMs), position: Number(position) };
  }
}

function pageOf(decisions: readonly LoggedDecision[], next: DecisionPosition | undefined) {
  return next ? { decisions, next } : { decisions };
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

/** Rows from `after` on; the body is null where the decision does not match. */
function readSlice(
  query: DecisionQuery,
  after: DecisionPosition | undefined,
): { readonly sql: string; readonly params: SqlRow } {
  const { startTimeMs = Number.MIN_SAFE_INTEGER, endTimeMs = Number.MAX_SAFE_INTEGER } = query;
  const from = after ?? { timeMs: endTimeMs - 1, position: Number.MAX_SAFE_INTEGER };
  const filters: string[] = ["1"];
  const values: SqlRow[number][] = [];
  const must = (filter: string, ...params: SqlRow[number][]): void => {
    filters.push(filter);
    values.push(...params);
  };
  if (query.allowed !== undefined) must("allowed = ?", query.allowed ? 1 : 0);
  if (query.clientId !== "") must("client_id = ?", query.clientId);
  if (query.policyType !== "") must("policy_type = ?", query.policyType);
  if (query.policyId !== "" || query.ruleId !== "") {
    must(
      `EXISTS (SELECT 1 FROM json_each(body, '$.decision.determiningRules') AS rule
        WHERE ? IN ('', json_extract(rule.value, '$.policyId'))
          AND ? IN ('', json_extract(rule.value, '$.ruleId')))`,
      query.policyId,
      query.ruleId,
    );
  }
  const sql = `
    SELECT time_ms, position, CASE WHEN ${filters.join(" AND ")} THEN body END FROM decisions
    WHERE time_ms <= ? AND (time_ms < ? OR position < ?) AND time_ms >= ?
    ORDER BY time_ms DESC, position DESC LIMIT ${SLICE_ROWS}`;
  return { sql, params: [...values, from.timeMs, from.timeMs, from.position, startTimeMs] };
}
