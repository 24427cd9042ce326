/**
 * The engine with its durable store in DATA_DIR, forked with `--expose-gc`. Tells its port when it
 * listens; `turns` asks for the longest turns of its main thread since it was asked last, `resident` for
 * its memory after a collection, `stop` ends it.
 */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { loadConfig } from "../src/config/load-config.js";
import { startEngine } from "../src/engine.js";

/** The longest that nothing else had its turn. */
export interface Turns {
  readonly worst_turn_ms: number;
  /**
   * Processor time of the main thread, to 4 ms: what it is where no other program wants the processor.
   * 0 where the system does not tell it (it is not Linux).
   */
  readonly worst_turn_cpu_ms: number;
}

export type TrustRoundAnswer =
  { readonly port: number } | { readonly turns: Turns } | { readonly residentMb: number };

const THREAD = `/proc/self/task/${process.pid}/schedstat`;
const isTold = existsSync(THREAD);
let worst = { ms: 0, cpuMs: 0 };
let last = now();
setInterval(() => {
  const next = now();
  worst = {
    ms: Math.max(worst.ms, next.ms - last.ms),
    cpuMs: Math.max(worst.cpuMs, next.cpuMs - last.cpuMs),
  };
  last = next;
}, 1);

const { settings } = loadConfig({
  argv: [],
  env: {
    DATA_DIR: process.env["DATA_DIR"],
    POLICY_FILE: process.env["POLICY_FILE"],
    ...{ GRPC_PORT: "0", POLICY_PORT: "0", METRICS_PORT: "0", LOG_LEVEL: "error" },
  },
  readFile: () => "",
});
const engine = await startEngine({ settings, log: createPinoLog({ level: "error" }) });

process.on("message", (message) => {
  switch (message) {
    case "turns":
      tell({
        turns: { worst_turn_ms: rounded(worst.ms), worst_turn_cpu_ms: rounded(worst.cpuMs) },
      });
      worst = { ms: 0, cpuMs: 0 };
      return;
    case "resident":
      void collected().then(() => {
        tell({ residentMb: Math.round(process.memoryUsage().rss / 1e6) });
        last = now();
      });
      return;
    case "stop":
      void engine.stop().then(() => {
        process.exit(0);
      });
  }
});
tell({ port: engine.grpcPort });

function now(): { readonly ms: number; readonly cpuMs: number } {
  const cpuMs = isTold ? Number(readFileSync(THREAD, "latin1").split(" ")[0]) / 1e6 : 0;
  return { ms: performance.now(), cpuMs };
}

/** What is collected is given back a moment later, by other threads. */
async function collected(): Promise<void> {
  for (let times = 0; times < 3; times += 1) {
    globalThis.gc?.();
    await setTimeout(500);
  }
}

function tell(answer: TrustRoundAnswer): void {
  process.send?.(answer);
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
