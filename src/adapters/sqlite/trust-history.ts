import { deserialize, serialize } from "node:v8";
import { PdpError } from "../../application/errors.js";
import type {
  Evaluation,
  TrustCheckpoint,
  TrustHistory,
  TrustPoint,
} from "../../application/ports/trust-history.js";
import type { ValueMap } from "../../core/values.js";
import type { SqliteEventLog } from "./event-log.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow, Statement } from "./storage-messages.js";

/** Few enough that a round of 100,000 clients is few rows, enough that each of them is short. */
const BUCKETS = 512;
/** Rows looked at in one read. */
const SLICE_ROWS = 128;
const KEPT_CHECKPOINTS = 2;
/** Rows of points stored at a stretch. */
const PIECE_ROWS = 128;

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
const CHECKPOINTS = `
  SELECT position, evaluation, model, state FROM trust_checkpoints ORDER BY position DESC`;
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
      const rowsOfPoints = byBucket(points);
      // A piece at a time, so that neither thread is held for long; what counts comes with the last.
      while (rowsOfPoints.length > PIECE_ROWS) {
        await told(storage.transact([pointsStatement(rowsOfPoints.splice(0, PIECE_ROWS))]));
      }
      const unit: Statement[] = [
        { sql: ADVANCE, params: [throughPosition] },
        { sql: RECORD_EVALUATIONS, params: [JSON.stringify(evaluations.map(rowOf))] },
        pointsStatement(rowsOfPoints),
        ...(events.length === 0 ? [] : [eventLog.insertion(events)]),
      ];
      await told(
        storage.transact(unit, (lastIds) => {
          eventLog.committed(events, lastIds[3] ?? 0);
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
      const save = { sql: SAVE, params: [position, evaluation, model, serialize(state)] };
      await told(storage.transact([save, { sql: FORGET, params: [] }]));
    },
    async checkpoints() {
      return (await rows(CHECKPOINTS)).map(checkpointOf);
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

/** Every row that gets any points. */
function byBucket(points: readonly TrustPoint[]): RowOfPoints[] {
  const buckets = new Map<string, RowOfPoints>();
  for (const { evaluation, clientId, point } of points) {
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

function checkpointOf([position, evaluation, model, state]: SqlRow): TrustCheckpoint {
  return {
    position: Number(position),
    evaluation: Number(evaluation),
    model: String(model),
    state: state instanceof Uint8Array ? deserialize(state) : undefined,
  };
}
