import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";

/** No check waits longer for work that is done beside it. */
const SLICE_MS = 2;

/**
 * Runs `steps` to their end, and lets everything that waits have its turn every few milliseconds.
 * Rejects with the reason of `signal` when that aborts between two slices.
 */
export async function runInSlices<Result>(
  steps: Generator<void, Result>,
  clock: Pick<Clock, "monotonicMs">,
  signal?: AbortSignal,
): Promise<Result> {
  for (;;) {
    const end = sliceOf(steps, clock);
    if (end) return end.result;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

/** The same, and the result itself where the first slice comes to it: nearly always, for little work. */
export function startInSlices<Result>(
  steps: Generator<void, Result>,
  clock: Pick<Clock, "monotonicMs">,
): Result | Promise<Result> {
  const end = sliceOf(steps, clock);
  return end ? end.result : nextTurn().then(() => runInSlices(steps, clock));
}

/** @returns The result, if it came to that. */
function sliceOf<Result>(
  steps: Generator<void, Result>,
  clock: Pick<Clock, "monotonicMs">,
): { readonly result: Result } | undefined {
  let step = steps.next();
  if (step.done === true) return { result: step.value };
  for (const startMs = clock.monotonicMs(); clock.monotonicMs() - startMs < SLICE_MS;) {
    step = steps.next();
    if (step.done === true) return { result: step.value };
  }
  return undefined;
}
