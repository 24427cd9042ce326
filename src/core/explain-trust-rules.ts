import type { PolicyTrace, RuleTrace } from "./decision.js";
import { candidateOutcome, isCandidate } from "./evaluate-rule.js";
import { traceCondition } from "./explain.js";
import type { Policy } from "./policy.js";
import type { AccessRequest } from "./request.js";
import { traceTarget } from "./target.js";
import type { TrustRule } from "./trust-policy.js";

/**
 * What the trust rules find of a request, each by itself: one that drives states may hold although the
 * state has not followed yet. At most `most` rules, in the order of the walk.
 */
export function explainTrustRules(
  rules: readonly TrustRule[],
  request: AccessRequest,
  most: number,
): readonly PolicyTrace[] {
  const byPolicy = new Map<Policy, RuleTrace[]>();
  for (const one of rules.slice(0, Math.max(0, most))) {
    const traces = byPolicy.get(one.policy);
    const trace = traceOf(one, request);
    if (traces) traces.push(trace);
    else byPolicy.set(one.policy, [trace]);
  }
  return [...byPolicy].map(([policy, traces]) => ({
    policyId: policy.id,
    policyType: policy.type,
    priority: policy.priority,
    applicable: traces.some(({ outcome }) => outcome === "applied"),
    rules: traces,
  }));
}

function traceOf({ rule, ref }: TrustRule, request: AccessRequest): RuleTrace {
  const isAsked = isCandidate(rule, request);
  return {
    rule: ref,
    outcome: isAsked ? candidateOutcome(rule, request).kind : "not_applicable",
    fields: traceTarget(rule.target, request),
    ...(isAsked && rule.condition && { condition: traceCondition(rule.condition, rule, request) }),
  };
}
