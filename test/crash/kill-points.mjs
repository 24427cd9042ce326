// Preloaded into an engine that a crash test starts (NODE_OPTIONS), and no part of the engine: ends the
// process, as a power cut would, when it passes a point of its write path for the n-th time.
//
// KILL_POINT is `rename:before:3` or `commit:after:1`; passings count once the file KILL_ARMED exists.
import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { devNull } from "node:os";

const [point, when, passings] = (process.env.KILL_POINT ?? "").split(":");
let left = Number(passings);

function pass(where) {
  if (where !== when || !existsSync(process.env.KILL_ARMED ?? "")) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}

async function passing(act) {
  pass("before");
  const result = await act();
  pass("after");
  return result;
}

// A policy file, or the policy version, takes the place of the one before.
if (point === "rename") {
  const { rename } = fs;
  fs.rename = (...args) => passing(() => rename(...args));
  syncBuiltinESMExports();
}

// What was written, or renamed, is made to last.
if (point === "sync") {
  const handle = await fs.open(devNull);
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = prototype;
  prototype.sync = function () {
    return passing(() => sync.call(this));
  };
}

// Runs in the storage thread: a preload is loaded into every thread.
if (point === "commit") {
  const Database = createRequire(import.meta.url)("libsql");
  const { exec } = Database.prototype;
  Database.prototype.exec = function (sql) {
    if (sql !== "COMMIT") return exec.call(this, sql);
    pass("before");
    const result = exec.call(this, sql);
    pass("after");
    return result;
  };
}
