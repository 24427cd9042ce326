// Why imported: the global one is looked up at each call.
import { performance } from "node:perf_hooks";
import type { Clock } from "../../application/ports/clock.js";

/** The clock of this machine. */
export function createSystemClock(): Clock {
  return { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
}
