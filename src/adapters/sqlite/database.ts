import { randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "libsql";
import { migrate } from "./migrations.js";
import type { OpenedDatabase, SqlRow } from "./storage-messages.js";

/** The one database of a DATA_DIR. */
export const DATABASE_FILE = "policy-engine.db";
/** Beside the database while it is open: its log, and the index of the log. */
export const DATABASE_COMPANIONS = ["-wal", "-shm"] as const;

/** How long a statement waits for another process, such as a backup, that holds a lock. */
const LOCK_WAIT_MS = 2000;
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;
const UNUSABLE = new Set(["SQLITE_CORRUPT", "SQLITE_NOTADB"]);

/** A database that cannot be used and must not be written to. */
class UnusableDatabase extends Error {}

/**
 * Opens the database of `dataDir` for writing, and creates it when missing. After an unclean stop its
 * structure is checked. One that is damaged is set aside, never deleted, and a new one begins.
 *
 * @throws {Error} It cannot be opened at all, or a newer program wrote it.
 */
export function openDatabase(dataDir: string): {
  readonly db: Database.Database;
  readonly opened: OpenedDatabase;
} {
  const file = join(dataDir, DATABASE_FILE);
  try {
    return openAt(file);
  } catch (error) {
    if (!isUnusable(error) || !existsSync(file)) throw error;
    const setAside = `${file}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
    moveDatabase(file, setAside);
    const { db, opened } = openAt(file);
    return { db, opened: { ...opened, setAside: { file: setAside, why: messageOf(error) } } };
  }
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

function openAt(file: string): { db: Database.Database; opened: OpenedDatabase } {
  const db = new Database(file, { timeout: LOCK_WAIT_MS });
  try {
    // Before the first table: afterwards SQLite takes it only with a rewrite of the whole file.
    db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    rowsOf(db, "PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL");
    rowsOf(db, `PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}`);
    migrate(db);
    syncFolder(dirname(file));
    checkAfterUncleanStop(db);
    db.prepare("INSERT OR IGNORE INTO engine (only, log_id, closed) VALUES (1, ?, 1)").run(
      randomUUID(),
    );
    db.exec("UPDATE engine SET closed = 0");
    return { db, opened: openedOf(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function checkAfterUncleanStop(db: Database.Database): void {
  const [engine] = rowsOf(db, "SELECT closed FROM engine");
  if (engine?.[0] !== 0) return;
  const problems = rowsOf(db, "PRAGMA quick_check(1)").map(([problem]) => String(problem));
  if (problems[0] !== "ok") throw new UnusableDatabase(problems.join("; "));
}

function openedOf(db: Database.Database): OpenedDatabase {
  const [engine] = rowsOf(db, "SELECT log_id FROM engine");
  const [newest] = rowsOf(db, "SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  const [oldest] = rowsOf(db, "SELECT min(sequence) FROM events");
  const newestEvent = Number(newest?.[0] ?? 0);
  return {
    logId: String(engine?.[0]),
    newestEvent,
    oldestEvent: Number(oldest?.[0] ?? newestEvent + 1),
  };
}

function isUnusable(error: unknown): boolean {
  return error instanceof UnusableDatabase || UNUSABLE.has((error as { code?: string }).code ?? "");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
