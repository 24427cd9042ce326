// Loaded into a storage thread under test: ends it at the COMMIT that a test has asked for, when
// nobody can tell any more whether it was carried out.
import { createRequire } from "node:module";
import { workerData } from "node:worker_threads";

const endAt = new Int32Array(workerData.endAt);
const isAsked = (moment) => Atomics.compareExchange(endAt, 0, moment, 0) === moment;

const Database = createRequire(import.meta.url)("libsql");
const { exec } = Database.prototype;
Database.prototype.exec = function (sql) {
  if (sql === "COMMIT" && isAsked(1)) process.exit(1);
  const result = exec.call(this, sql);
  if (sql === "COMMIT" && isAsked(2)) process.exit(1);
  return result;
};
