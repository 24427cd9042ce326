import { findChange, SEARCH_STEPS, withChanges } from "../../src/core/counterfactual.js";
import { decide } from "../../src/core/decide.js";
import type { AttributeChange } from "../../src/core/decision.js";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { Policy, Rule } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import type { PolicySnapshot } from "../../src/core/snapshot.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { expressionOf } from "./conditions.js";
import { policy, rule } from "./rules.js";

export interface Given {
  readonly action: string;
  readonly match?: Record<string, Value>;
  readonly condition?: string;
  readonly parameters?: ValueMap;
}

export function rulesOf(given: readonly Given[]): Rule[] {
  return given.map(({ action, match = {}, condition, parameters = {} }, index) => ({
    ...rule(action, index, parameters),
    target: Object.entries(match).map(([key, value]) => {
      const field = parseTargetField(key, value);
      if (!field.ok) throw new Error(field.problem);
      return field.value;
    }),
    ...(condition !== undefined && {
      condition: { text: condition, expression: expressionOf(condition) },
    }),
  }));
}

export function policyOf(rules: readonly Given[], overrides: Partial<Policy> = {}): Policy {
  return policy("p", "", { rules: rulesOf(rules), ...overrides });
}

/** The search beside what it has to agree with: the answer now, and with any changes made. */
export function search(
  set: PolicySnapshot,
  type: string,
  attributes: ValueMap,
  steps = { left: SEARCH_STEPS },
) {
  const answer = (asked: ValueMap) => decide(set, accessRequest(type, asked));
  const { allowed } = answer(attributes);
  const allowedWith = (changes: readonly AttributeChange[]) =>
    answer(withChanges(attributes, changes, steps)).allowed;
  return {
    allowed,
    allowedWith,
    ...findChange({
      snapshot: set,
      request: accessRequest(type, attributes),
      ...{ allowed, allowedWith, steps },
    }),
  };
}
