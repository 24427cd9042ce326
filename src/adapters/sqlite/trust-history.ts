import { PdpError } from "../../application/errors.js";
import { nextTurn } from "../../application/next-turn.js";
import type {
  Evaluation,
  TrustCheckpoint,
  TrustHistory,
  TrustPoint,
} from "../../application/ports/trust-history.js";
import { runInSlices } from "../../application/run-in-slices.js";
import type { ValueMap } from "../../core/values.js";
import type { SqliteEventLog } from "./event-log.js";
import { deserializeSteps, serializeSteps } from "./serialize-steps.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow, Statement } from "./storage-messages.js";

/** Few enough that a round of 100,000 clients is few rows, enough that each of them is short. */
const BUCKETS = 512;
/** Rows looked at in one read. */
const SLICE_ROWS = 128;
const KEPT_CHECKPOINTS = 2;
/** Points of one statement: a millisecond or so to write as JSON. */
const STATEMENT_POINTS = 200;
/** Statements stored at a stretch. */
const PIECE_STATEMENTS = 32;
/** Events of one statement. */
const STATEMENT_EVENTS = 250;
const POINTS_AT_ONCE = 256;
const clock = { monotonicMs: () => performance.now() };

const RECORD_POINTS = `
  INSERT OR REPLACE INTO trust_points (bucket, evaluation, points)
  SELECT value ->> 0, value ->> 1,
    -- A late observation changes some points of a round that has others in the same row.
    coalesce((
      SELECT json_patch(points, value ->> 2) FROM trust_points
      WHERE bucket = value ->> 0 AND evaluation = value ->> 1
    ), value ->> 2)
  FROM json_each(?)`;
const RECORD_EVALUATIONS = `
  INSERT OR REPLACE INTO evaluations (evaluation, run_id, round, rules_hash)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`;
const ADVANCE = "UPDATE trust_progress SET position = ?";
const EVALUATION = "evaluation, run_id, round, rules_hash";
const AFTER = `
  SELECT evaluation, points FROM trust_points
  WHERE bucket = ? AND evaluation > ? ORDER BY evaluation LIMIT ${SLICE_ROWS}`;
const UP_TO = `
  SELECT evaluation, points FROM trust_points
  WHERE bucket = ? AND evaluation <= ? ORDER BY evaluation DESC LIMIT ${SLICE_ROWS}`;
const SAVE = `
  INSERT OR REPLACE INTO trust_checkpoints (position, evaluation, model, state) VALUES (?, ?, ?, ?)`;
const FORGET = `
  DELETE FROM trust_checkpoints WHERE position > 0 AND position NOT IN (
    SELECT position FROM trust_checkpoints ORDER BY position DESC LIMIT ${KEPT_CHECKPOINTS}
  )`;
const CHECKPOINT = `
  SELECT position, evaluation, model, state FROM trust_checkpoints
  WHERE position < ? ORDER BY position DESC LIMIT 1`;
const BEGIN = [
  "DELETE FROM trust_points",
  "DELETE FROM evaluations",
  "DELETE FROM trust_checkpoints WHERE position > 0",
];

/** What was computed from the observations of the same database. */
export function createSqliteTrustHistory(deps: {
  readonly storage: SqliteStorage;
  readonly eventLog: Pick<SqliteEventLog, "insertion" | "committed">;
}): TrustHistory {
  const { storage, eventLog } = deps;
  const rows = (sql: string, params: SqlRow = []) => told(storage.query(sql, params));

  async function* pointsOf(clientId: string, sql: string, start: number) {
    const bucket = bucketOf(clientId);
    for (let from = start; ;) {
      const slice = await rows(sql, [bucket, from]);
      for (const [evaluation, points] of slice) {
        from = Number(evaluation);
        const point = pointIn(String(points), clientId);
        if (point) yield { evaluation: from, clientId, point };
      }
      if (slice.length < SLICE_ROWS) return;
      if (sql === UP_TO) from -= 1;
    }
  }

  return {
    async record({ throughPosition, evaluations, points, events }) {
      // A piece at a time, so that neither thread is held for long; what counts comes with the last.
      const statements: Statement[] = [];
      for (const rowsOfPoints of piecesOf(await runInSlices(byBucketSteps(points), clock))) {
        if (statements.length === PIECE_STATEMENTS)
          await told(storage.transact(statements.splice(0)));
        statements.push(pointsStatement(rowsOfPoints));
        await nextTurn();
      }
      statements.push(
        { sql: ADVANCE, params: [throughPosition] },
        { sql: RECORD_EVALUATIONS, params: [JSON.stringify(evaluations.map(rowOf))] },
      );
      for (let start = 0; start < events.length; start += STATEMENT_EVENTS) {
        statements.push(eventLog.insertion(events.slice(start, start + STATEMENT_EVENTS)));
        await nextTurn();
      }
      await told(
        storage.transact(statements, (lastIds) => {
          eventLog.committed(events, lastIds.at(-1) ?? 0);
        }),
      );
    },
    async progress() {
      const [row] = await rows("SELECT position, model FROM trust_progress");
      return { position: Number(row?.[0] ?? 0), model: String(row?.[1] ?? "") };
    },
    async points(clientId, afterEvaluation, limit) {
      const found: TrustPoint[] = [];
      if (limit < 1) return found;
      for await (const point of pointsOf(clientId, AFTER, afterEvaluation)) {
        found.push(point);
        if (found.length === limit) break;
      }
      return found;
    },
    async pointAt(clientId, evaluation) {
      for await (const point of pointsOf(clientId, UP_TO, evaluation)) return point;
      return undefined;
    },
    async evaluationOf(runId, round) {
      const sql = `SELECT ${EVALUATION} FROM evaluations WHERE run_id = ? AND round = ?`;
      const [row] = await rows(sql, [runId, round]);
      return row && evaluationOf(row);
    },
    async evaluations(first, last) {
      const sql = `
        SELECT ${EVALUATION} FROM evaluations
        WHERE evaluation BETWEEN ? AND ? ORDER BY evaluation`;
      return (await rows(sql, [first, last])).map(evaluationOf);
    },
    async saveCheckpoint({ position, evaluation, model, state }) {
      const bytes = await runInSlices(serializeSteps(state), clock);
      const save = { sql: SAVE, params: [position, evaluation, model, bytes] };
      await told(storage.transact([save, { sql: FORGET, params: [] }]));
    },
    async checkpoint(beforePosition = Number.MAX_SAFE_INTEGER) {
      const [row] = await rows(CHECKPOINT, [beforePosition]);
      return row && checkpointOf(row);
    },
    async begin(model) {
      const sql = "UPDATE trust_progress SET position = 0, model = ?";
      const forget = BEGIN.map((text) => ({ sql: text, params: [] }));
      await told(storage.transact([...forget, { sql, params: [model] }]));
    },
  };
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the trust history" }, { cause });
  }
}

function rowOf({ evaluation, runId, round, rulesHash }: Evaluation): readonly unknown[] {
  return [evaluation, runId, round, rulesHash];
}

function evaluationOf([evaluation, runId, round, rulesHash]: SqlRow): Evaluation {
  return {
    evaluation: Number(evaluation),
    runId: String(runId),
    round: Number(round),
    rulesHash: String(rulesHash),
  };
}

/** Bucket, evaluation and points by client of one row. */
type RowOfPoints = readonly [number, number, Map<string, ValueMap>];

function pointsStatement(rowsOfPoints: readonly RowOfPoints[]): Statement {
  const texts = rowsOfPoints.map(([bucket, evaluation, ofClients]) => [
    ...[bucket, evaluation],
    JSON.stringify(Object.fromEntries(ofClients)),
  ]);
  return { sql: RECORD_POINTS, params: [JSON.stringify(texts)] };
}

/** Rows for one statement each. */
function* piecesOf(rowsOfPoints: readonly RowOfPoints[]): Generator<readonly RowOfPoints[]> {
  let piece: RowOfPoints[] = [];
  let size = 0;
  for (const row of rowsOfPoints) {
    piece.push(row);
    size += row[2].size;
    if (size < STATEMENT_POINTS) continue;
    yield piece;
    piece = [];
    size = 0;
  }
  if (piece.length > 0) yield piece;
}

/** Every row that gets any points. */
function* byBucketSteps(points: readonly TrustPoint[]): Generator<void, RowOfPoints[]> {
  const buckets = new Map<string, RowOfPoints>();
  for (const [index, { evaluation, clientId, point }] of points.entries()) {
    if (index % POINTS_AT_ONCE === 0) yield;
    const bucket = bucketOf(clientId);
    const key = `${bucket} ${evaluation}`;
    const row: RowOfPoints = buckets.get(key) ?? [bucket, evaluation, new Map()];
    row[2].set(clientId, point);
    buckets.set(key, row);
  }
  return [...buckets.values()];
}

function pointIn(points: string, clientId: string): ValueMap | undefined {
  const ofClients = JSON.parse(points) as Readonly<Record<string, ValueMap>>;
  return Object.hasOwn(ofClients, clientId) ? ofClients[clientId] : undefined;
}

// INVARIANT: stored; another hash would not find what is there.
function bucketOf(clientId: string): number {
  let hash = 0;
  for (let at = 0; at < clientId.length; at += 1) {
    hash = (Math.imul(hash, 31) + clientId.charCodeAt(at)) >>> 0;
  }
  return hash % BUCKETS;
}

async function checkpointOf(row: SqlRow): Promise<TrustCheckpoint> {
  const [position, evaluation, model, state] = row;
  return {
    position: Number(position),
    evaluation: Number(evaluation),
    model: String(model),
    state:
      state instanceof Uint8Array ? await runInSlices(deserializeSteps(state), clock) : undefined,
  };
}
