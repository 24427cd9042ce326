import type {
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "../../application/ports/decision-log.js";
import { runInSlices } from "../../application/run-in-slices.js";
import { CHUNK_DECISIONS, CHUNK_SPAN_MS } from "./decision-chunks.js";
import { type SharedObjects, type StoredDecision, storedToLogged } from "./decision-json.js";
import type { SqlRow } from "./storage-messages.js";

const MONOTONIC = { monotonicMs: () => performance.now() };
/** Of one read: the bound on what the storage thread and the main thread do at a stretch. */
const SLICE_CHUNKS = 256;
const SLICE_BYTES = 64 * 1024;
/** Looked at for one page. */
const MAX_SCANNED_BYTES = 16 * 2 ** 20;
const MAX = Number.MAX_SAFE_INTEGER;

export interface DecisionsPage {
  readonly decisions: readonly LoggedDecision[];
  readonly next?: DecisionPosition;
}

/** A decision that matches, and where it stands. */
interface Found extends DecisionPosition {
  readonly stored: StoredDecision;
  readonly shared: SharedObjects;
}

/**
 * A page of the decisions that match, newest first. Chunks are read by their newest decision; they
 * overlap in time, so a decision is given once no chunk that is unread can hold one that is newer.
 */
export async function readDecisionsPage(
  query: DecisionQuery,
  read: (sql: string, params: SqlRow) => Promise<readonly SqlRow[]>,
): Promise<DecisionsPage> {
  const from = query.after ?? { timeMs: (query.endTimeMs ?? MAX) - 1, position: MAX };
  const sliceAfter = slices(query, from);
  const found: Found[] = [];
  // Everything from here on is read.
  let readTo: DecisionPosition = {
    timeMs: Math.min(from.timeMs + CHUNK_SPAN_MS, MAX),
    position: MAX,
  };
  for (let scanned = 0; ;) {
    const { sql, params } = sliceAfter(readTo);
    const rows = await read(sql, params);
    const last = rows.at(-1);
    if (!last) return pageOf(found, query.limit);
    await runInSlices(findSteps(found, rows), MONOTONIC);
    found.sort(newestFirst);
    readTo = startOf(last);
    scanned += rows.reduce((sum, [, , size]) => sum + Number(size), 0);
    const certain = found.filter((one) => newestFirst(one, readTo) <= 0);
    if (certain.length > query.limit) return pageOf(certain, query.limit);
    if (scanned >= MAX_SCANNED_BYTES && newestFirst(readTo, from) > 0) {
      return { decisions: pageOf(certain, MAX).decisions, next: readTo };
    }
  }
}

function newestFirst(left: DecisionPosition, right: DecisionPosition): number {
  return right.timeMs - left.timeMs || right.position - left.position;
}

/** Where a chunk begins. What is read after it stands below. */
function startOf([chunk, newestMs]: SqlRow): DecisionPosition {
  return { timeMs: Number(newestMs), position: Number(chunk) * CHUNK_DECISIONS };
}

/** Reading a chunk is a step. */
function* findSteps(found: Found[], rows: readonly SqlRow[]): Generator<void> {
  for (const row of rows) {
    const { position } = startOf(row);
    const [, , , shared, decisions] = row;
    const sharedObjects = JSON.parse(String(shared)) as SharedObjects;
    for (const [index, stored] of JSON.parse(String(decisions)) as [number, StoredDecision][]) {
      found.push({
        timeMs: stored.timeMs,
        position: position + index,
        stored,
        shared: sharedObjects,
      });
    }
    yield;
  }
}

function pageOf(found: readonly Found[], limit: number): DecisionsPage {
  const page = found.slice(0, limit);
  const decisions = page.map(({ stored, shared }) => storedToLogged(stored, shared));
  const last = page.at(-1);
  if (!last || found.length <= limit) return { decisions };
  return { decisions, next: { timeMs: last.timeMs, position: last.position } };
}

/** The reads of a page: each gives the chunks after the one that was read last. */
function slices(
  query: DecisionQuery,
  from: DecisionPosition,
): (readTo: DecisionPosition) => { readonly sql: string; readonly params: SqlRow } {
  const { filter, values } = filterOf(query, from);
  const sql = `
    WITH nearest AS (
      SELECT chunk, newest_time_ms, size FROM decision_chunks
      WHERE newest_time_ms >= ? AND (newest_time_ms, chunk) < (?, ?)
        AND (oldest_time_ms < ? OR (oldest_time_ms = ? AND chunk * ${CHUNK_DECISIONS} < ?))
      ORDER BY newest_time_ms DESC, chunk DESC LIMIT ${SLICE_CHUNKS}
    ), summed AS (
      SELECT chunk,
        sum(size) OVER (ORDER BY newest_time_ms DESC, chunk DESC) - size AS size_before
      FROM nearest
    )
    SELECT chunk, newest_time_ms, size, shared, (
      SELECT json_group_array(json_array(one.key, json(one.value)))
      FROM json_each(decisions) AS one WHERE ${filter}
    ) FROM summed JOIN decision_chunks USING (chunk)
    WHERE size_before < ${SLICE_BYTES}
    ORDER BY newest_time_ms DESC, chunk DESC`;
  const startMs = query.startTimeMs ?? Number.MIN_SAFE_INTEGER;
  return ({ timeMs, position }) => {
    const below = [timeMs, position === MAX ? MAX : position / CHUNK_DECISIONS];
    return {
      sql,
      params: [startMs, ...below, from.timeMs, from.timeMs, from.position, ...values],
    };
  };
}

/** What must hold of `one`, an element of the list of a chunk. */
function filterOf(
  query: DecisionQuery,
  from: DecisionPosition,
): { readonly filter: string; readonly values: SqlRow } {
  const filters: string[] = [];
  const values: SqlRow[number][] = [];
  const must = (filter: string, ...params: SqlRow[number][]): void => {
    filters.push(filter);
    values.push(...params);
  };
  const { startTimeMs = Number.MIN_SAFE_INTEGER } = query;
  must(
    `(one.value ->> '$.timeMs', chunk * ${CHUNK_DECISIONS} + one.key) < (?, ?)`,
    ...[from.timeMs, from.position],
  );
  must("one.value ->> '$.timeMs' >= ?", startTimeMs);
  if (query.allowed !== undefined) must("one.value ->> '$.allowed' = ?", query.allowed ? 1 : 0);
  if (query.clientId !== "") must("one.value ->> '$.clientId' = ?", query.clientId);
  if (query.policyType !== "") must("one.value ->> '$.policyType' = ?", query.policyType);
  if (query.policyId !== "" || query.ruleId !== "") {
    // Not `json_each(shared, path)`: it reads all of `shared` for each decision.
    must(
      `EXISTS (
        SELECT 1 FROM json_each(
          json_extract(shared, '$.' || (one.value ->> '$.decision') || '.determiningRules')
        ) AS rule
        WHERE ? IN ('', json_extract(rule.value, '$.policyId'))
          AND ? IN ('', json_extract(rule.value, '$.ruleId')))`,
      query.policyId,
      query.ruleId,
    );
  }
  return { filter: filters.join(" AND "), values };
}
