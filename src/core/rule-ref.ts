import type { RuleRef } from "./decision.js";
import type { Policy, Rule } from "./policy.js";

/** How an answer names `rule`. */
export function ruleRef(policy: Policy, rule: Rule): RuleRef {
  return { policyId: policy.id, ruleId: rule.id, ruleIndex: rule.index, action: rule.action };
}
