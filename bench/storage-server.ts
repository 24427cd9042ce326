/**
 * The same engine four times in one process, each with a store of its own: in memory; in SQLite
 * recording asynchronously; the same with a store that is full after some seconds, so that the oldest
 * records are removed all the time; and in SQLite answering only what is on the disk. Prints the gRPC
 * ports as one line of JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { loadConfig } from "../src/config/load-config.js";
import { type RunningEngine, startEngine } from "../src/engine.js";

const POLICY_FILE = fileURLToPath(
  new URL("../test/fixtures/flopynet/policies.json", import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), "flopynet-bench-"));

function start(name: string, env: Readonly<Record<string, string>>): Promise<RunningEngine> {
  const { settings } = loadConfig({
    argv: [],
    env: {
      ...{ POLICY_FILE, DATA_DIR: join(folder, name), LOG_LEVEL: "error" },
      ...{ GRPC_PORT: "0", POLICY_PORT: "0", METRICS_PORT: "0" },
      ...env,
    },
    readFile: () => "",
  });
  return startEngine({ settings, log: createPinoLog({ level: "error" }) });
}

const memory = await start("memory", { STORAGE: "memory" });
const recording = await start("async", { STORAGE: "sqlite" });
const retaining = await start("retaining", { STORAGE: "sqlite", STORAGE_MAX_BYTES: "16777216" });
const durable = await start("sync", { STORAGE: "sqlite", DECISION_DURABILITY: "sync" });

console.log(
  JSON.stringify({
    memoryPort: memory.grpcPort,
    asyncPort: recording.grpcPort,
    retainingPort: retaining.grpcPort,
    syncPort: durable.grpcPort,
  }),
);
process.once("SIGTERM", () => {
  void Promise.all([memory, recording, retaining, durable].map((engine) => engine.stop())).then(
    () => {
      rmSync(folder, { recursive: true, force: true });
    },
  );
});
