import type { Obligation } from "./decision.js";
import type { PolicyEvaluation } from "./evaluate-policy.js";
import { ruleRef } from "./rule-ref.js";
import type { Value, ValueMap } from "./values.js";

/** The one parameter whose values never override each other upwards: the smallest is answered. */
const SMALLEST_WINS = "weight_multiplier";

/** One obligation per applied parameter- or record-class rule, in the order of `reached`. */
export function obligationsOf(reached: readonly PolicyEvaluation[]): Obligation[] {
  const obligations: Obligation[] = [];
  for (const { policy, applied } of reached) {
    for (const rule of applied) {
      const { action, parameters, verbClass } = rule;
      if (verbClass !== "parameter" && verbClass !== "record") continue;
      const advice = verbClass === "record";
      obligations.push({ rule: ruleRef(policy, rule), action, parameters, advice });
    }
  }
  return obligations;
}

/**
 * The parameters of all applied parameter-class rules as one map: the higher priority wins, of equal
 * ones the smaller policy id, inside a policy the later rule. Values are replaced whole.
 *
 * @returns Undefined when no rule brought a parameter.
 */
export function mergeParameters(reached: readonly PolicyEvaluation[]): ValueMap | undefined {
  const merged = new Map<string, Value>();
  for (const { applied } of reached.toReversed()) {
    for (const rule of applied) {
      if (rule.verbClass !== "parameter") continue;
      for (const [name, value] of Object.entries(rule.parameters)) {
        merged.set(name, name === SMALLEST_WINS ? smaller(value, merged.get(name)) : value);
      }
    }
  }
  if (merged.size === 0) return undefined;
  const parameters = Object.create(null) as Record<string, Value>;
  for (const [name, value] of merged) parameters[name] = value;
  return parameters;
}

/** The smaller number; where only one of them is a number, that one. */
function smaller(value: Value, other: Value | undefined): Value {
  if (typeof other !== "number") return value;
  return typeof value === "number" ? Math.min(value, other) : other;
}
