import type { Clock } from "../../application/ports/clock.js";

/** The clock of this machine. */
export function createSystemClock(): Clock {
  return { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
}
