import { PdpError } from "../../application/errors.js";
import type {
  LoggedObservation,
  ObservationBatch,
  ObservationLog,
  ReporterFacts,
  RulesInForce,
  StoredObservation,
} from "../../application/ports/observation-log.js";
import type { ValueMap } from "../../core/values.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow, Statement } from "./storage-messages.js";

/** Rows of one read: the bound on what the storage thread and the main thread do at a stretch. */
const SLICE_ROWS = 250;

const INSERT = `
  INSERT INTO observations (run_id, round, client_id, kind, reporter, body)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value -> 5
  FROM json_each(?)`;
const COUNT = `
  INSERT INTO observation_reporters
    (reporter, kind, count, last_received_ms, last_position, last_run_id)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
    (SELECT coalesce(max(position), 0) FROM observations), value ->> 4
  FROM json_each(?) WHERE true
  ON CONFLICT (reporter, kind) DO UPDATE SET
    count = count + excluded.count,
    last_received_ms = excluded.last_received_ms,
    last_position = excluded.last_position,
    last_run_id = iif(excluded.last_run_id = '', last_run_id, excluded.last_run_id)`;
const RULES = `
  INSERT OR IGNORE INTO trust_rules (hash, policy_version, content) VALUES (?, ?, ?)`;
const COLUMNS = "position, run_id, round, client_id, kind, reporter, body";
const READ = `SELECT ${COLUMNS} FROM observations WHERE position > ? ORDER BY position LIMIT ?`;
const OF_ROUND = `
  SELECT ${COLUMNS} FROM observations
  WHERE run_id = ? AND round = ? AND position > ? ORDER BY position LIMIT ${SLICE_ROWS}`;
const OF_CLIENT = `
  SELECT ${COLUMNS} FROM observations
  WHERE run_id = ? AND round = ? AND position > ? AND client_id = ? ORDER BY position LIMIT ${SLICE_ROWS}`;
const REPORTERS = `
  SELECT reporter, json_group_object(kind, count), max(last_received_ms),
    coalesce(max(iif(last_run_id = '', NULL, printf('%020d', last_position) || last_run_id)), '')
  FROM observation_reporters GROUP BY reporter ORDER BY max(last_position) DESC LIMIT ?`;
const POSITION_DIGITS = 20;

/** The durable record of observations. */
export function createSqliteObservationLog({
  storage,
}: {
  readonly storage: SqliteStorage;
}): ObservationLog {
  const rows = (sql: string, params: SqlRow) => told(storage.query(sql, params));

  async function* partsOfRound(runId: string, round: number, clientId?: string) {
    for (let after = 0; ;) {
      const slice = await (clientId === undefined
        ? rows(OF_ROUND, [runId, round, after])
        : rows(OF_CLIENT, [runId, round, after, clientId]));
      const part = slice.map(observationOf);
      yield part;
      if (slice.length < SLICE_ROWS) return;
      after = part.at(-1)?.position ?? after;
    }
  }

  return {
    async append(batch) {
      let position = 0;
      const committed = (lastIds: readonly number[]): void => {
        position = lastIds[0] ?? 0;
      };
      await told(storage.transact(statementsOf(batch), committed));
      return position;
    },
    async read(afterPosition, limit) {
      return (await rows(READ, [afterPosition, limit])).map(observationOf);
    },
    async ofRound(runId, round, clientId) {
      const found: StoredObservation[] = [];
      for await (const part of partsOfRound(runId, round, clientId)) found.push(...part);
      return found;
    },
    partsOfRound: (runId, round) => partsOfRound(runId, round),
    async rules(hash) {
      const sql = "SELECT hash, policy_version, content FROM trust_rules WHERE hash = ?";
      const [row] = await rows(sql, [hash]);
      return row && rulesOf(row);
    },
    async reporters(limit) {
      return (await rows(REPORTERS, [limit])).map(reporterOf);
    },
  };
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the observation log" }, { cause });
  }
}

function statementsOf({ observations, rules }: ObservationBatch): Statement[] {
  return [
    { sql: INSERT, params: [JSON.stringify(observations.map(rowOf))] },
    { sql: COUNT, params: [JSON.stringify(countsOf(observations))] },
    ...rules.map(({ hash, policyVersion, content }) => ({
      sql: RULES,
      params: [hash, policyVersion, JSON.stringify(content)],
    })),
  ];
}

/** Why name by name: it is made for every observation. */
function rowOf(observation: LoggedObservation): readonly unknown[] {
  const { observationId, receivedMs, observedMs, late, rulesHash, payload } = observation;
  const body = { observationId, receivedMs, observedMs, late, rulesHash, payload };
  const { runId, round, clientId, kind, reporter } = observation;
  return [runId, round, clientId, kind, reporter, body];
}

/** [reporter, kind, count, time, run] for each reporter and kind; the last of it counts. */
function countsOf(observations: readonly LoggedObservation[]): readonly unknown[] {
  const counts = new Map<string, [string, string, number, number, string]>();
  for (const { reporter, kind, receivedMs, runId } of observations) {
    const key = `${kind} ${reporter}`;
    const before = counts.get(key);
    const run = runId === "" ? (before?.[4] ?? "") : runId;
    counts.set(key, [reporter, kind, (before?.[2] ?? 0) + 1, receivedMs, run]);
  }
  return [...counts.values()];
}

function observationOf(row: SqlRow): StoredObservation {
  const [position, runId, round, clientId, kind, reporter, body] = row;
  return {
    position: Number(position),
    runId: String(runId),
    round: Number(round),
    clientId: String(clientId),
    kind: String(kind) as StoredObservation["kind"],
    reporter: String(reporter),
    ...(JSON.parse(String(body)) as Pick<
      LoggedObservation,
      "observationId" | "receivedMs" | "observedMs" | "late" | "rulesHash" | "payload"
    >),
  };
}

function rulesOf([hash, policyVersion, content]: SqlRow): RulesInForce {
  return {
    hash: String(hash),
    policyVersion: Number(policyVersion),
    content: JSON.parse(String(content)) as ValueMap,
  };
}

function reporterOf([reporter, counts, lastReceivedMs, lastRun]: SqlRow): ReporterFacts {
  return {
    reporter: String(reporter),
    counts: JSON.parse(String(counts)) as ReporterFacts["counts"],
    lastReceivedMs: Number(lastReceivedMs),
    lastRunId: String(lastRun).slice(POSITION_DIGITS),
  };
}
