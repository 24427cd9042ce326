import type { Decision, NearestRule, RuleRef } from "./decision.js";
import { candidateOutcome, isCandidate } from "./evaluate-rule.js";
import { traceCondition } from "./explain.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import type { PolicySnapshot } from "./snapshot.js";
import { traceTarget } from "./target.js";

interface Decided {
  readonly request: AccessRequest;
  readonly decision: Decision;
}

/**
 * The rule that made the difference between two decisions of one snapshot: the first that decides
 * `after` and did not hold `before`; else the first that decided `before`. With its fields and its
 * condition as they were before, where they come out differently after.
 *
 * @returns Undefined when neither decision came from a rule that could tell.
 */
export function nearestRule(
  snapshot: PolicySnapshot,
  before: Decided,
  after: Decided,
): NearestRule | undefined {
  const gained = after.decision.determiningRules.find((ref) => {
    const rule = ruleOf(snapshot, before.request, ref);
    return rule !== undefined && !holds(rule, before.request);
  });
  const ref = gained ?? before.decision.determiningRules[0];
  const rule = ref && ruleOf(snapshot, before.request, ref);
  if (!ref || !rule) return undefined;
  const fieldsAfter = traceTarget(rule.target, after.request);
  const [condition, conditionAfter] = [before, after].map(
    ({ request }) => rule.condition && traceCondition(rule.condition, rule, request),
  );
  return {
    rule: ref,
    mustApply: gained !== undefined,
    fields: traceTarget(rule.target, before.request).filter(
      ({ matched }, index) => matched !== fieldsAfter[index]?.matched,
    ),
    ...(condition && condition.outcome !== conditionAfter?.outcome && { condition }),
  };
}

function holds(rule: Rule, request: AccessRequest): boolean {
  return isCandidate(rule, request) && candidateOutcome(rule, request).kind === "applied";
}

function ruleOf(
  snapshot: PolicySnapshot,
  { policyType }: AccessRequest,
  { policyId, ruleIndex }: RuleRef,
): Rule | undefined {
  const policies = snapshot.policiesByType.get(policyType)?.policies;
  const policy = policies?.find(({ id }) => id === policyId);
  return policy?.rules.find(({ index }) => index === ruleIndex);
}
