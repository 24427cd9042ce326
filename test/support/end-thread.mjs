// Loaded into a storage thread under test: at the COMMIT that a test has asked for, ends it when
// nobody can tell any more whether that was carried out, or lets the disk fail.
import { createRequire } from "node:module";
import { workerData } from "node:worker_threads";

const endAt = new Int32Array(workerData.endAt);
const isAsked = (moment) => Atomics.compareExchange(endAt, 0, moment, 0) === moment;

const Database = createRequire(import.meta.url)("libsql");
const { exec } = Database.prototype;
Database.prototype.exec = function (sql) {
  if (sql === "COMMIT" && isAsked(1)) process.exit(1);
  if (sql === "COMMIT" && isAsked(3)) {
    throw Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR_FSYNC" });
  }
  const result = exec.call(this, sql);
  if (sql === "COMMIT" && isAsked(2)) process.exit(1);
  return result;
};
