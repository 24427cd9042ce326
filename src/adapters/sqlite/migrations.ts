import type Database from "libsql";

/** One step per version of the schema, in order. A step that was released is never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE engine (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    log_id TEXT NOT NULL,
    -- 1 while no process has it open, and the last one closed it in order.
    closed INTEGER NOT NULL
  );

  -- AUTOINCREMENT: a sequence is never given twice, not even after the newest event was removed.
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms INTEGER NOT NULL,
    -- The event id where another component published it; the engine's own are not looked up.
    published_id TEXT,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX events_published ON events (published_id) WHERE published_id IS NOT NULL;

  CREATE TABLE decisions (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms INTEGER NOT NULL,
    allowed INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    policy_type TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX decisions_time ON decisions (time_ms);

  CREATE TABLE policy_versions (
    policy_version INTEGER PRIMARY KEY,
    create_time_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    documents TEXT NOT NULL
  );
  CREATE TABLE policy_intent (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    intent_id TEXT NOT NULL,
    policy_version INTEGER NOT NULL,
    create_time_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    documents TEXT NOT NULL
  );
  `,
  `
  CREATE TABLE observations (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL,
    round INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reporter TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX observations_key ON observations (run_id, round, client_id);
  CREATE TABLE observation_reporters (
    reporter TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_received_ms INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    last_run_id TEXT NOT NULL,
    PRIMARY KEY (reporter, kind)
  ) WITHOUT ROWID;
  CREATE TABLE trust_rules (
    hash TEXT PRIMARY KEY,
    policy_version INTEGER NOT NULL,
    content TEXT NOT NULL
  );
  CREATE TABLE evaluations (
    evaluation INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    round INTEGER NOT NULL,
    rules_hash TEXT NOT NULL,
    UNIQUE (run_id, round)
  );
  -- Up to where observations became points, and by which version of the model.
  CREATE TABLE trust_progress (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL,
    model TEXT NOT NULL
  );
  INSERT INTO trust_progress (only, position, model) VALUES (1, 0, '');
  -- The points of the clients whose id hashes to the bucket: one row, so that a round of many clients
  -- touches few pages.
  CREATE TABLE trust_points (
    bucket INTEGER NOT NULL,
    evaluation INTEGER NOT NULL,
    points TEXT NOT NULL,
    PRIMARY KEY (bucket, evaluation)
  );
  CREATE TABLE trust_checkpoints (
    position INTEGER PRIMARY KEY,
    evaluation INTEGER NOT NULL,
    model TEXT NOT NULL,
    state BLOB NOT NULL
  );
  `,
  `
  -- Decisions of one minute (all) or hour, by what they have in common.
  CREATE TABLE decision_counts (
    counted_by TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    name TEXT NOT NULL,
    decided INTEGER NOT NULL,
    allowed INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    last_time_ms INTEGER NOT NULL,
    PRIMARY KEY (counted_by, start_ms, name)
  ) WITHOUT ROWID;
  `,
  `
  -- The last commit of the process that has it open, as it was answered.
  ALTER TABLE engine ADD COLUMN last_commit TEXT;
  `,
  `
  -- Decisions that were recorded together, and once what they share: see decision-chunks.ts.
  CREATE TABLE decision_chunks (
    chunk INTEGER PRIMARY KEY AUTOINCREMENT,
    oldest_time_ms INTEGER NOT NULL,
    newest_time_ms INTEGER NOT NULL,
    -- Bytes of the two texts.
    size INTEGER NOT NULL,
    shared TEXT NOT NULL,
    decisions TEXT NOT NULL
  );
  CREATE INDEX decision_chunks_time ON decision_chunks (newest_time_ms);
  -- A chunk each of what was there, but for text that SQLite cannot read as JSON: damaged, or nested a
  -- thousand levels deep.
  INSERT INTO decision_chunks (oldest_time_ms, newest_time_ms, size, shared, decisions)
  SELECT time_ms, time_ms, length(CAST(body AS BLOB)), json_object('1', body -> '$.decision', '2', body -> '$.trust'),
    json_array(json_remove(
      json_set(body, '$.decision', 1, '$.allowed', json(iif(allowed, 'true', 'false')), '$.trust', 2),
      iif(body -> '$.trust' IS NULL, '$.trust', '$.none')))
  FROM decisions WHERE json_valid(body) ORDER BY position;
  DROP TABLE decisions;
  `,
  `
  -- The attributes of a decision in a chunk may be a list from here on: see StoredDecision.
  -- Of each policy when and by whom it came to be what it is; NULL in what an older engine wrote.
  ALTER TABLE policy_versions ADD COLUMN origins TEXT;
  ALTER TABLE policy_intent ADD COLUMN origins TEXT;
  `,
];

/** Version of the schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the schema to this program's version, each step in a transaction of its own.
 *
 * @throws {Error} The database was written by a newer program.
 */
export function migrate(db: Database.Database): void {
  const version = schemaVersionOf(db);
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `the database has schema version ${version}, and this engine knows ${SCHEMA_VERSION}: ` +
        "start the engine that wrote it, or a newer one",
    );
  }
  MIGRATIONS.slice(version).forEach((step, index) => {
    db.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${version + index + 1}; COMMIT`);
  });
}

export function schemaVersionOf(db: Database.Database): number {
  const [row] = db.prepare("PRAGMA user_version").raw().all() as [number][];
  return row?.[0] ?? 0;
}
