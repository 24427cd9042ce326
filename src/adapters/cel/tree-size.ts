import type { Expression } from "../../core/condition.js";

/**
 * Levels of a tree, a chain of `&&` being one level per link. Whoever walks an expression recurses,
 * and 500 levels are far from the end of the call stack and far above what a person writes.
 */
const MAX_LEVELS = 500;
/**
 * Parts of a tree, those of the functions it calls included. No text that fits has more by itself;
 * functions that call functions could have any number.
 */
const MAX_PARTS = 5000;

/** An expression that stands for a parameter, and what it adds wherever it does. */
export interface Argument {
  readonly expression: Expression;
  readonly parts: number;
  readonly levels: number;
}

/** Counts one tree while it is built: a part that is used twice counts twice. */
export interface TreeSize {
  /** Counts `parts`, the deepest of them on `level`. @returns What is wrong when they are too many. */
  take(parts: number, level: number): string | undefined;
  /** Builds an expression with its top on `level`, and says how large it is. */
  measure(level: number, build: () => Expression): Argument;
}

export function createTreeSize(): TreeSize {
  let parts = 0;
  let deepest = 0;
  return {
    take(count, level) {
      parts += count;
      deepest = Math.max(deepest, level);
      if (level > MAX_LEVELS) return `more than ${MAX_LEVELS} levels; split the rule`;
      if (parts <= MAX_PARTS) return undefined;
      return `more than ${MAX_PARTS} parts, with those of the functions it calls; split the rule`;
    },
    measure(level, build) {
      const [partsBefore, deepestBefore] = [parts, deepest];
      deepest = level;
      const expression = build();
      const levels = deepest - level + 1;
      deepest = Math.max(deepest, deepestBefore);
      return { expression, parts: parts - partsBefore, levels };
    },
  };
}
