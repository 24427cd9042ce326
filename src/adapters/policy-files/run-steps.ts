import { runInSlices } from "../../application/run-in-slices.js";

/** Runs `steps` to their end at once. */
export function finish<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Runs `steps` to their end, and lets everything that waits have its turn in between. */
export function finishInSlices<Result>(steps: Generator<void, Result>): Promise<Result> {
  return runInSlices(steps, { monotonicMs: () => performance.now() });
}
