/**
 * What is left of an evaluation's bound: counted, never timed, so that a condition answers the same
 * on every machine. One mutable cell for one evaluation; negative when the bound was exceeded.
 */
export interface Steps {
  left: number;
}

/** For evaluations that something else bounds. Counting down from infinity changes nothing. */
export const UNBOUNDED: Steps = { left: Number.POSITIVE_INFINITY };

/** Lets `work` spend at most `share` (0 to 1) of what is left; what it does not spend stays. */
export function spendShare<T>(steps: Steps, share: number, work: (part: Steps) => T): T {
  const lent = Math.max(0, Math.floor(steps.left * share));
  const part = { left: lent };
  const result = work(part);
  steps.left -= lent - part.left;
  return result;
}

/** What looking once at every character of a text costs beside the step of its operator: 1 for 64. */
export function textSteps(text: string): number {
  return text.length >> 6;
}

/**
 * What searching `sought` in `text` costs at most. A product, because the search that JavaScript has
 * compares nearly all of `sought` at nearly every place of a text made to be slow.
 */
export function searchSteps(text: string, sought: string): number {
  return sought.length > text.length ? 0 : textSteps(text) * (1 + (sought.length >> 3));
}
