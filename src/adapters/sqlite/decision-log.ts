import { PdpError } from "../../application/errors.js";
import type {
  DecisionLog,
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "../../application/ports/decision-log.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow } from "./storage-messages.js";

/** Rows of one read: the bound on what the storage thread and the main thread do at a stretch. */
const SLICE_ROWS = 256;
/** Decisions looked at for one page. */
const MAX_SCANNED = 50_000;

const INSERT = `
  INSERT INTO decisions (time_ms, allowed, client_id, policy_type, body)
  SELECT json_extract(value, '$.timeMs'), json_extract(value, '$.decision.allowed'),
    json_extract(value, '$.clientId'), json_extract(value, '$.policyType'), value
  FROM json_each(?)`;

/** The durable decision log. Times are those of the clock: when it steps back, so does the order. */
export function createSqliteDecisionLog({
  storage,
}: {
  readonly storage: SqliteStorage;
}): DecisionLog {
  const dropped = { overload: 0, storage_unavailable: 0 };
  let recorded = 0;

  const lane = storage.openLane<LoggedDecision>({
    insertSql: INSERT,
    onCommitted(decisions) {
      recorded += decisions.length;
    },
    onDropped(decisions) {
      dropped.storage_unavailable += decisions.length;
    },
  });

  async function slice(query: DecisionQuery, after: DecisionPosition | undefined) {
    const { sql, params } = readSlice(query, after);
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
      const decisions: LoggedDecision[] = [];
      let { after } = query;
      for (let scanned = 0; scanned < MAX_SCANNED; scanned += SLICE_ROWS) {
        const rows = await slice(query, after);
        for (const [timeMs, position, body] of rows) {
          const isMatch = body !== null;
          // The page ends where the next one has something to show.
          if (isMatch && decisions.length === query.limit) return pageOf(decisions, after);
          if (isMatch) decisions.push(JSON.parse(String(body)) as LoggedDecision);
          after = { timeMs: Number(timeMs), position: Number(position) };
        }
        if (rows.length < SLICE_ROWS) return { decisions };
      }
      return pageOf(decisions, after);
    },
    counts: () => ({ recorded, pending: lane.pending(), dropped: { ...dropped } }),
  };
}

function pageOf(decisions: readonly LoggedDecision[], next: DecisionPosition | undefined) {
  return next ? { decisions, next } : { decisions };
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
