import type { ConditionResult, NameExpression } from "./condition.js";
import type { Value } from "./values.js";

/**
 * Why there is no value: a name that is absent, a sentence about operands, or the failures of both
 * sides. A value of its own and not an exception, because real traffic misses two or three names
 * per check, and a tree, because most failures are absorbed and their lists never needed.
 */
export class Failure {
  constructor(readonly causes: readonly (NameExpression | Failure | string)[]) {}
}

export type Outcome = Value | Failure;

/** Of two sides of which at least one failed: what is wrong with either. */
export function both(left: Outcome, right: Outcome): Outcome {
  if (!(left instanceof Failure)) return right;
  return right instanceof Failure ? new Failure([left, right]) : left;
}

/** The failure as an answer: missing names first, then every other reason, each once. */
export function conditionError(failure: Failure): ConditionResult {
  const missing = new Set<string>();
  const others = new Set<string>();
  const visit = (cause: NameExpression | Failure | string): void => {
    if (cause instanceof Failure) cause.causes.forEach(visit);
    else if (typeof cause === "string") others.add(cause);
    else missing.add(cause.path.join("."));
  };
  visit(failure);
  const missingAttributes = [...missing];
  const message = [...missingMessage(missingAttributes), ...others].join("; ");
  return { outcome: "error", message, missingAttributes };
}

function missingMessage(names: readonly string[]): readonly string[] {
  const quoted = names.map((name) => `\`${name}\``).join(", ");
  if (names.length === 0) return [];
  return names.length === 1
    ? [`attribute ${quoted} is missing`]
    : [`attributes ${quoted} are missing`];
}
