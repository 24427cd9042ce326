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
  for (let sliceStartMs = clock.monotonicMs(); ;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.monotonicMs() - sliceStartMs < SLICE_MS) continue;
    await nextTurn();
    signal?.throwIfAborted();
    sliceStartMs = clock.monotonicMs();
  }
}
