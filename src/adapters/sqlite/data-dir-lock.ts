import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "libsql";

const LOCK_FILE = "engine.lock";
const HOLDER_FILE = "engine.pid";

/** The folder cannot be used; the message says why and what to do. */
export class DataDirError extends Error {
  override readonly name = "DataDirError";
}

/**
 * Takes `dataDir`, and creates it when missing. The lock is SQLite's own on a file of its own: the
 * system lets go of it when the process ends, however it ends, so it is never stale, and the
 * database itself stays open to readers such as a backup.
 *
 * @returns A function that lets go; idempotent.
 * @throws {DataDirError} Another process has it, or it cannot be written.
 */
export function lockDataDir(dataDir: string): () => void {
  const holder = join(dataDir, HOLDER_FILE);
  let lock: Database.Database | undefined;
  try {
    createFolder(dataDir);
    lock = new Database(join(dataDir, LOCK_FILE));
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    writeFileSync(holder, `${process.pid}\n`);
  } catch (error) {
    lock?.close();
    const isTaken = (error as { code?: string }).code === "SQLITE_BUSY";
    const problem = isTaken
      ? `DATA_DIR ${dataDir} is used by another engine (process ${pidOf(holder)}): ` +
        "stop it, or give this one a DATA_DIR of its own"
      : `DATA_DIR ${dataDir} cannot be used: ${error instanceof Error ? error.message : String(error)}: ` +
        "name a folder that this process can write in";
    throw new DataDirError(problem, { cause: error });
  }
  const held = lock;
  return () => {
    if (!held.open) return;
    rmSync(holder, { force: true });
    held.close();
  };
}

// Why not `recursive`: Node tries forever where a folder cannot be made in one that is there (/proc).
function createFolder(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) createFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!isFolder(path)) throw error; // Else another process was faster.
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function pidOf(holder: string): string {
  try {
    return readFileSync(holder, "utf8").trim() || "unknown";
  } catch {
    return "unknown";
  }
}
