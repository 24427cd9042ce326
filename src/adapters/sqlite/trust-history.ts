import { PdpError } from "../../application/errors.js";
import type { NewEvent } from "../../application/ports/event-log.js";
import type {
  TrustCheckpoint,
  TrustHistory,
  TrustPoint,
  TrustPointAt,
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

const RECORD_POINTS = `
  INSERT OR REPLACE INTO trust_points (bucket, evaluation, points)
  SELECT value ->> 0, ?, value ->> 1 FROM json_each(?)`;
const MARK = "UPDATE evaluations SET recorded = 1 WHERE evaluation = ?";
const LAST_RECORDED = `
  SELECT evaluation FROM evaluations WHERE recorded = 1 ORDER BY evaluation DESC LIMIT 1`;
const AFTER = `
  SELECT evaluation, points FROM trust_points
  WHERE bucket = ? AND evaluation > ? ORDER BY evaluation LIMIT ${SLICE_ROWS}`;
const UP_TO = `
  SELECT evaluation, points FROM trust_points
  WHERE bucket = ? AND evaluation <= ? ORDER BY evaluation DESC LIMIT ${SLICE_ROWS}`;
const SAVE = `
  INSERT OR REPLACE INTO trust_checkpoints (evaluation, position, model, state) VALUES (?, ?, ?, ?)`;
const FORGET = `
  DELETE FROM trust_checkpoints WHERE evaluation NOT IN (
    SELECT evaluation FROM trust_checkpoints ORDER BY evaluation DESC LIMIT ${KEPT_CHECKPOINTS}
  )`;
const CHECKPOINTS = `
  SELECT evaluation, position, model, state FROM trust_checkpoints ORDER BY evaluation DESC`;

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
        if (point) yield { clientId, evaluation: from, point };
      }
      if (slice.length < SLICE_ROWS) return;
      if (sql === UP_TO) from -= 1;
    }
  }

  return {
    async record(evaluation, points, events) {
      const unit: Statement[] = [
        { sql: RECORD_POINTS, params: [evaluation, JSON.stringify(byBucket(points))] },
        { sql: MARK, params: [evaluation] },
        ...(events.length === 0 ? [] : [eventLog.insertion(events)]),
      ];
      await told(
        storage.transact(unit, (lastIds) => {
          eventLog.committed(events satisfies readonly NewEvent[], lastIds[2] ?? 0);
        }),
      );
    },
    async lastRecorded() {
      const [row] = await rows(LAST_RECORDED);
      return Number(row?.[0] ?? 0);
    },
    async points(clientId, afterEvaluation, limit) {
      const found: TrustPointAt[] = [];
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
    async saveCheckpoint({ evaluation, position, model, state }) {
      const save = { sql: SAVE, params: [evaluation, position, model, state] };
      await told(storage.transact([save, { sql: FORGET, params: [] }]));
    },
    async checkpoints() {
      return (await rows(CHECKPOINTS)).map(checkpointOf);
    },
    async clear() {
      const unit = ["DELETE FROM trust_points", "DELETE FROM trust_checkpoints"];
      await told(storage.transact(unit.map((sql) => ({ sql, params: [] }))));
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

/** [bucket, points as JSON text] for every bucket that has any. */
function byBucket(points: readonly TrustPoint[]): readonly (readonly [number, string])[] {
  const buckets = new Map<number, [string, ValueMap][]>();
  for (const { clientId, point } of points) {
    const bucket = bucketOf(clientId);
    const entry: [string, ValueMap] = [clientId, point];
    const known = buckets.get(bucket);
    if (known) known.push(entry);
    else buckets.set(bucket, [entry]);
  }
  return [...buckets].map(([bucket, entries]) => [bucket, JSON.stringify(entries)] as const);
}

function pointIn(points: string, clientId: string): ValueMap | undefined {
  const entries = JSON.parse(points) as readonly (readonly [string, ValueMap])[];
  return entries.find(([id]) => id === clientId)?.[1];
}

// INVARIANT: stored; another hash would not find what is there.
function bucketOf(clientId: string): number {
  let hash = 0;
  for (let at = 0; at < clientId.length; at += 1) {
    hash = (Math.imul(hash, 31) + clientId.charCodeAt(at)) >>> 0;
  }
  return hash % BUCKETS;
}

function checkpointOf([evaluation, position, model, state]: SqlRow): TrustCheckpoint {
  return {
    evaluation: Number(evaluation),
    position: Number(position),
    model: String(model),
    state: String(state),
  };
}
