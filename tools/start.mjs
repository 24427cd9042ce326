// `npm start`: installs and builds when needed, then runs the engine with the given arguments and
// ends with its exit code.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, requireNode, ROOT, say } from "./ensure-built.mjs";

// One Ctrl-C reaches this process twice, from the terminal and from npm; the engine takes a second
// signal as "at once".
const SAME_SIGNAL_MS = 1_000;

requireNode();
ensureInstalled();
ensureBuilt();

say("starting (dist/main.js)");
const engine = spawn(process.execPath, [join(ROOT, "dist/main.js"), ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: "inherit",
  detached: true, // Out of the terminal's process group: signals come through here alone.
});

let lastSignalMs = -Infinity;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    const nowMs = performance.now();
    if (nowMs - lastSignalMs > SAME_SIGNAL_MS)
      engine.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
    lastSignalMs = nowMs;
  });
}
engine.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
