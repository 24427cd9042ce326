/**
 * The engine on the policy file it is given, a process of its own. Each line it reads asks what its
 * event loop met: `look` goes on counting, `take` begins anew.
 */
import { existsSync, readFileSync } from "node:fs";
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { loadConfig } from "../src/config/load-config.js";
import { startEngine } from "../src/engine.js";

export interface ReloadServerReady {
  readonly port: number;
}

export interface ReloadServerAnswer {
  readonly policyVersion: number;
  /** The longest time that nothing else had its turn, beyond the millisecond of the timer itself. */
  readonly worst_loop_delay_ms: number;
  /** The longest pause of garbage collection, which is part of it. */
  readonly worst_collection_ms: number;
  /**
   * The most processor time of the main thread between two turns, to 4 ms: what the delay is where no
   * other program wants the processor. 0 where the system does not tell it (it is not Linux).
   */
  readonly worst_turn_cpu_ms: number;
}

const [policyFile = ""] = process.argv.slice(2);
const { settings } = loadConfig({
  argv: [],
  env: {
    POLICY_FILE: policyFile,
    STORAGE: "memory",
    GRPC_PORT: "0",
    POLICY_PORT: "0",
    METRICS_PORT: "0",
    LOG_LEVEL: "error",
  },
  readFile: () => "",
});
const engine = await startEngine({ settings, log: createPinoLog({ level: "error" }) });
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let worstCollectionMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    worstCollectionMs = Math.max(worstCollectionMs, duration);
  }
}).observe({ entryTypes: ["gc"] });

const THREAD = `/proc/self/task/${process.pid}/schedstat`;
const isTold = existsSync(THREAD);
let worstTurnCpuMs = 0;
let turnStartMs = threadCpuMs();
setInterval(() => {
  const nowMs = threadCpuMs();
  worstTurnCpuMs = Math.max(worstTurnCpuMs, nowMs - turnStartMs);
  turnStartMs = nowMs;
}, 1).unref();

tell({ port: engine.grpcPort });
for await (const line of createInterface({ input: process.stdin })) {
  tell({
    policyVersion: engine.status().policyVersion,
    worst_loop_delay_ms: rounded(Math.max(0, delay.max / 1e6 - 1)),
    worst_collection_ms: rounded(worstCollectionMs),
    worst_turn_cpu_ms: rounded(worstTurnCpuMs),
  });
  if (line !== "take") continue;
  delay.reset();
  worstCollectionMs = 0;
  worstTurnCpuMs = 0;
}
await engine.stop();

function threadCpuMs(): number {
  return isTold ? Number(readFileSync(THREAD, "latin1").split(" ")[0]) / 1e6 : 0;
}

function tell(bench: ReloadServerReady | ReloadServerAnswer): void {
  console.log(JSON.stringify({ bench }));
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
