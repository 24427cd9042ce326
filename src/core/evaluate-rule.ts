import { conditionResolver, evaluateCondition, MAX_STEPS } from "./evaluate-condition.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import { targetMatches } from "./target.js";

/** What one rule whose target holds says about a request, before anything is combined. */
export type RuleOutcome =
  | { readonly kind: "not_applicable" }
  | { readonly kind: "applied" }
  | {
      readonly kind: "error";
      readonly message: string;
      readonly missingAttributes: readonly string[];
    };

const NOT_APPLICABLE: RuleOutcome = { kind: "not_applicable" };
const APPLIED: RuleOutcome = { kind: "applied" };

/** Whether `rule` has to be asked at all. A rule that is switched off never applies and never errs. */
export function isCandidate(rule: Rule, request: AccessRequest): boolean {
  return rule.enabled && targetMatches(rule.target, request);
}

/** What the condition of a candidate says. Total. */
export function candidateOutcome(rule: Rule, request: AccessRequest): RuleOutcome {
  if (rule.unevaluable !== undefined) {
    return { kind: "error", message: rule.unevaluable, missingAttributes: [] };
  }
  if (!rule.condition) return APPLIED;
  const { attributes, allowance } = request;
  if (allowance && allowance.left < 0) return NOT_APPLICABLE;
  const result = evaluateCondition(
    rule.condition.expression,
    conditionResolver(rule.parameters, attributes),
    MAX_STEPS,
    allowance,
  );
  switch (result.outcome) {
    case "true":
      return APPLIED;
    case "false":
      return NOT_APPLICABLE;
    case "error":
      return {
        kind: "error",
        message: result.message,
        missingAttributes: result.missingAttributes,
      };
  }
}
