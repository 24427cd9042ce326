/** One side of a comparison; undefined: there is no such text. */
export interface DiffSide {
  readonly name: string;
  readonly text: string | undefined;
}

/**
 * What differs between two texts, line by line, as `diff -u` and `git diff` print it. Empty when
 * nothing does. Bounded in time: texts that have next to nothing in common are shown one after the
 * other.
 */
export type UnifiedDiff = (before: DiffSide, after: DiffSide) => string;
