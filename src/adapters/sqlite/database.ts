import { randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "libsql";
import { migrate } from "./migrations.js";
import type { LastCommit, LogToContinue, OpenedDatabase, SqlRow } from "./storage-messages.js";

/** The one database of a DATA_DIR. */
export const DATABASE_FILE = "policy-engine.db";
/** Beside the database while it is open: its log, and the index of the log. */
export const DATABASE_COMPANIONS = ["-wal", "-shm"] as const;

/** Mode of what holds names and addresses of clients. */
export const OWNER_ONLY = 0o600;

/** How long a statement waits for another process, such as a backup, that holds a lock. */
const LOCK_WAIT_MS = 2000;
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;

/** A database that cannot be used and must not be written to. */
class DamagedDatabase extends Error {}

/**
 * Opens the database of `dataDir` for writing, and creates it when missing. After an unclean stop its
 * structure is checked. One that is damaged is set aside, never deleted, and a new one begins.
 *
 * @param toContinue - The log that this process has already: a new database goes on with its identity
 *   and its sequences, so that whoever follows it is told what is gone, and no sequence comes again.
 * @throws {Error} It cannot be opened at all, a newer program wrote it, or it is not that log.
 */
export function openDatabase(
  dataDir: string,
  toContinue?: LogToContinue,
): { readonly db: Database.Database; readonly opened: OpenedDatabase } {
  const file = join(dataDir, DATABASE_FILE);
  if (toContinue && !existsSync(file)) throw new Error(notInPlace(file));
  try {
    return openAt(file, toContinue);
  } catch (error) {
    if (!isDamaged(error) || !existsSync(file)) throw error;
    const setAside = `${file}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
    moveDatabase(file, setAside);
    const { db } = openAt(file);
    if (toContinue) continueLog(db, toContinue);
    return { db, opened: { ...openedOf(db), setAside: { file: setAside, why: messageOf(error) } } };
  }
}

export function notInPlace(file: string): string {
  return `${file} was removed or replaced: put it back, or restart the engine`;
}

/** Marks the stop as clean and closes: the next start need not check the structure. */
export function closeDatabase(db: Database.Database): void {
  db.exec("UPDATE engine SET closed = 1; PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

/** Moves a database with its companions; the folder is synchronised. */
export function moveDatabase(from: string, to: string): void {
  for (const companion of ["", ...DATABASE_COMPANIONS]) {
    if (existsSync(from + companion)) renameSync(from + companion, to + companion);
  }
  syncFolder(dirname(to));
}

/** Makes what was created or renamed in `folder` survive a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Rows as arrays, in the order of the columns. */
export function rowsOf(db: Database.Database, sql: string, params: SqlRow = []): SqlRow[] {
  return db
    .prepare(sql)
    .raw()
    .all(...params) as SqlRow[];
}

function openAt(
  file: string,
  toContinue?: LogToContinue,
): { db: Database.Database; opened: OpenedDatabase } {
  createPrivately(file);
  const db = new Database(file, { timeout: LOCK_WAIT_MS });
  try {
    // Before the first table: afterwards SQLite takes it only with a rewrite of the whole file.
    db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    rowsOf(db, "PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL");
    rowsOf(db, `PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}`);
    migrate(db);
    syncFolder(dirname(file));
    checkAfterUncleanStop(db, toContinue?.isSuspect ? "integrity_check" : "quick_check");
    db.prepare("INSERT OR IGNORE INTO engine (only, log_id, closed) VALUES (1, ?, 1)").run(
      randomUUID(),
    );
    const opened = openedOf(db);
    if (toContinue && toContinue.logId !== opened.logId) throw new Error(notInPlace(file));
    // What an earlier process had committed answers no question of this one.
    db.exec(`UPDATE engine SET closed = 0 ${toContinue ? "" : ", last_commit = NULL"}`);
    return { db, opened };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The mode of a file that is there stays. */
export function createPrivately(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, "a", OWNER_ONLY));
}

/** Gives a new database the identity of the log that was set aside, and the sequences after it. */
function continueLog(db: Database.Database, { logId, newestEvent }: LogToContinue): void {
  db.exec("BEGIN IMMEDIATE");
  db.prepare("UPDATE engine SET log_id = ?").run(logId);
  db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)").run(newestEvent);
  db.exec("COMMIT");
}

function checkAfterUncleanStop(
  db: Database.Database,
  check: "quick_check" | "integrity_check",
): void {
  const [engine] = rowsOf(db, "SELECT closed FROM engine");
  if (engine?.[0] !== 0) return;
  const problems = rowsOf(db, `PRAGMA ${check}(1)`).map(([problem]) => String(problem));
  if (problems[0] !== "ok") throw new DamagedDatabase(problems.join("; "));
}

function openedOf(db: Database.Database): OpenedDatabase {
  const [engine] = rowsOf(db, "SELECT log_id, last_commit FROM engine");
  const [newest] = rowsOf(db, "SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  const [oldest] = rowsOf(db, "SELECT min(sequence) FROM events");
  const newestEvent = Number(newest?.[0] ?? 0);
  const lastCommit = engine?.[1];
  return {
    logId: String(engine?.[0]),
    newestEvent,
    oldestEvent: Number(oldest?.[0] ?? newestEvent + 1),
    ...(typeof lastCommit === "string" && { lastCommit: JSON.parse(lastCommit) as LastCommit }),
  };
}

/** Whether the database itself, and not the statement or the disk, made a statement fail. */
export function isDamaged(error: unknown): boolean {
  return error instanceof DamagedDatabase || DAMAGED.test((error as { code?: string }).code ?? "");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
