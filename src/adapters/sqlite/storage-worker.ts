import { statSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type Database from "libsql";
import {
  closeDatabase,
  DATABASE_COMPANIONS,
  DATABASE_FILE,
  isDamaged,
  notInPlace,
  openDatabase,
} from "./database.js";
import type {
  LastCommit,
  SqlRow,
  Statement,
  StorageRequest,
  StorageResponse,
  StorageThreadData,
  Unit,
  UnitResult,
} from "./storage-messages.js";

// The thread that owns the only connection. It knows SQL and transactions, and no domain: what is
// stored is said by the adapters on the main thread.

const { dataDir, toContinue } = workerData as StorageThreadData;
const file = join(dataDir, DATABASE_FILE);

/** Of the primary result code: they concern one statement, not the database. */
const OF_ONE_UNIT = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|ERROR|TOOBIG)/;

class NothingChanged extends Error {}

/** What is written from now on would be gone with the process; what was written is not. */
class LogRemoved extends Error {}

function serve(db: Database.Database, request: StorageRequest): void {
  const prepared = preparedBy(db);
  try {
    if (request.kind !== "close") logMustBeInPlace();
    switch (request.kind) {
      case "commit":
        answer({ kind: "committed", ...commit(db, prepared, request) });
        return;
      case "query": {
        const rows = query(db, prepared(request.sql), request);
        answer({ kind: "rows", id: request.id, rows });
        return;
      }
      case "close":
        closeDatabase(db);
        answer({ kind: "rows", id: request.id, rows: [] });
        parentPort?.close();
        return;
    }
  } catch (error) {
    const failed = { kind: "failed", id: request.id, message: messageOf(error) } as const;
    answer({ ...failed, isDamaged: isDamaged(error) });
    if (!isDamaged(error) && !(error instanceof LogRemoved)) return;
    // Writes what the log holds into the database, as far as that can be. It is not marked as closed:
    // whoever opens it next looks at it.
    db.close();
    parentPort?.close();
  }
}

function query(
  db: Database.Database,
  statement: Database.Statement,
  { sql, params }: { readonly sql: string; readonly params: SqlRow },
): readonly SqlRow[] {
  if (statement.reader) return statement.raw().all(...params) as SqlRow[];
  // Not `run`: it takes one step of a pragma that needs many, and leaves it unfinished.
  db.exec(sql);
  return [];
}

type Prepare = (sql: string) => Database.Statement;
const statements = new Map<string, Database.Statement>();

function preparedBy(db: Database.Database): Prepare {
  return (sql) => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}

/** One transaction, one sync. A unit that cannot be carried out is undone alone. */
function commit(
  db: Database.Database,
  prepared: Prepare,
  { id, units }: StorageRequest & { readonly kind: "commit" },
): LastCommit {
  mustBeInPlace();
  db.exec("BEGIN IMMEDIATE");
  try {
    const done = { id, units: units.map((unit) => carryOut(db, prepared, unit)) };
    // Where this thread ends before it has answered, the next one answers.
    prepared("UPDATE engine SET last_commit = ?").run(JSON.stringify(done));
    db.exec("COMMIT");
    return done;
  } catch (error) {
    // After some failures SQLite has ended the transaction itself.
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** A file that was removed can be written to, and is gone with the process. */
function mustBeInPlace(): void {
  if (inodeOf(file) !== inodes.get(file)) throw new Error(notInPlace(file));
}

function logMustBeInPlace(): void {
  for (const path of companions) {
    if (inodeOf(path) !== inodes.get(path)) {
      throw new LogRemoved(`${path} was removed or replaced: the database is opened again`);
    }
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function carryOut(db: Database.Database, prepared: Prepare, unit: Unit): UnitResult {
  db.exec("SAVEPOINT unit");
  try {
    const lastIds = unit.map((statement) => run(prepared, statement));
    db.exec("RELEASE unit");
    return { ok: true, lastIds };
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    if (!(error instanceof NothingChanged) && !OF_ONE_UNIT.test(code)) throw error;
    db.exec("ROLLBACK TO unit; RELEASE unit");
    return { ok: false, message: messageOf(error) };
  }
}

function run(prepared: Prepare, { sql, params, mustChange }: Statement): number {
  const { changes, lastInsertRowid } = prepared(sql).run(...params);
  if (mustChange !== undefined && changes === 0) throw new NothingChanged(mustChange);
  return Number(lastInsertRowid);
}

function answer(response: StorageResponse): void {
  parentPort?.postMessage(response);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const companions = DATABASE_COMPANIONS.map((suffix) => file + suffix);
const inodes = new Map<string, number | undefined>();
try {
  const { db, opened } = openDatabase(dataDir, toContinue);
  for (const path of [file, ...companions]) inodes.set(path, inodeOf(path));
  parentPort?.on("message", (request: StorageRequest) => {
    serve(db, request);
  });
  answer({ kind: "opened", database: opened });
} catch (error) {
  answer({ kind: "not-opened", message: messageOf(error) });
}
