import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import Database from "libsql";
import {
  createPrivately,
  DATABASE_COMPANIONS,
  DATABASE_FILE,
  moveDatabase,
  OWNER_ONLY,
  rowsOf,
  syncFolder,
} from "./database.js";
import { DataDirError, lockDataDir } from "./data-dir-lock.js";
import { SCHEMA_VERSION, schemaVersionOf } from "./migrations.js";

/** A backup could not be made or used; the message says why. Nothing was changed. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/**
 * Copies the database of `dataDir` to `file`, as it is at one instant, while an engine uses it or
 * not. All of the copy is checked before it gets its name.
 *
 * @returns Its size in bytes.
 * @throws {BackupError}
 */
export function backUpDatabase(dataDir: string, file: string): { readonly bytes: number } {
  const source = join(dataDir, DATABASE_FILE);
  if (!existsSync(source)) throw new BackupError(`there is no database ${source}: set DATA_DIR`);
  if (existsSync(file)) throw new BackupError(`${file} exists already: choose another name`);
  const temporary = `${file}.new`;
  try {
    rmSync(temporary, { force: true });
    createPrivately(temporary); // SQLite writes into a file that is empty.
    using(source, (db) => {
      db.prepare("VACUUM INTO ?").run(temporary);
    });
    using(temporary, checkWhole);
    syncFile(temporary);
    renameSync(temporary, file);
    syncFolder(dirname(file));
    return { bytes: statSync(file).size };
  } catch (error) {
    rmSync(temporary, { force: true });
    throw asBackupError(`${source} cannot be backed up to ${file}`, error);
  }
}

/**
 * Puts the backup `file` in the place of the database of `dataDir`. The database that was there is
 * kept beside it. It becomes a log of its own: cursors of before are refused. The policy version does
 * not go down, because its highest number is kept outside of the database.
 *
 * @returns Where the database that was there is now; undefined when there was none.
 * @throws {BackupError} An engine uses `dataDir`, or the backup is damaged or of a newer engine.
 */
export function restoreDatabase(
  dataDir: string,
  file: string,
): { readonly replaced: string | undefined } {
  if (!existsSync(file)) throw new BackupError(`there is no backup ${file}`);
  const database = join(dataDir, DATABASE_FILE);
  const temporary = `${database}.restoring`;
  const unlock = locked(dataDir);
  try {
    rmSync(temporary, { force: true });
    copyFileSync(file, temporary);
    chmodSync(temporary, OWNER_ONLY);
    using(temporary, (db) => {
      checkWhole(db);
      db.prepare("UPDATE engine SET log_id = ?, closed = 1").run(randomUUID());
      db.exec("DELETE FROM policy_intent");
    });
    syncFile(temporary);
    const hasOld = existsSync(database);
    const replaced = `${database}.replaced-${new Date().toISOString().replaceAll(":", "")}`;
    if (hasOld) moveDatabase(database, replaced);
    renameSync(temporary, database);
    syncFolder(dataDir);
    return { replaced: hasOld ? replaced : undefined };
  } catch (error) {
    for (const suffix of ["", "-journal", ...DATABASE_COMPANIONS]) {
      rmSync(temporary + suffix, { force: true });
    }
    throw asBackupError(`${file} cannot be restored`, error);
  } finally {
    unlock();
  }
}

function locked(dataDir: string): () => void {
  try {
    return lockDataDir(dataDir);
  } catch (error) {
    if (!(error instanceof DataDirError)) throw error;
    throw new BackupError(error.message, { cause: error });
  }
}

function using(file: string, act: (db: Database.Database) => void): void {
  const db = new Database(file, { timeout: 5000 });
  try {
    act(db);
  } finally {
    db.close();
  }
}

function checkWhole(db: Database.Database): void {
  const problems = rowsOf(db, "PRAGMA integrity_check(3)").map(([problem]) => String(problem));
  if (problems[0] !== "ok") throw new BackupError(`it is damaged: ${problems.join("; ")}`);
  const version = schemaVersionOf(db);
  if (version < 1) throw new BackupError("it is not a database of this engine");
  if (version > SCHEMA_VERSION) {
    throw new BackupError(
      `it has schema version ${version}, and this engine knows ${SCHEMA_VERSION}: use the engine that made it`,
    );
  }
}

function syncFile(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function asBackupError(what: string, error: unknown): BackupError {
  const why = error instanceof Error ? error.message : String(error);
  return new BackupError(`${what}: ${why}`, { cause: error });
}
