import { runInSlices } from "../../application/run-in-slices.js";

/** Runs `steps` to their end, and lets everything that waits have its turn in between. */
export function finishInSlices<Result>(steps: Generator<void, Result>): Promise<Result> {
  return runInSlices(steps, { monotonicMs: () => performance.now() });
}
