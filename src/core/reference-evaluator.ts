import { combinePolicies, type Evaluation } from "./combine-policies.js";
import type { PolicyCandidates } from "./evaluate-policy.js";
import { isCandidate } from "./evaluate-rule.js";
import type { Policy, Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import type { PolicySnapshot } from "./snapshot.js";

/** An evaluation that knows every policy, as an explanation needs it. */
export interface ReferenceEvaluation extends Evaluation {
  /** Policies of tiers below the one that answered (first-applicable types only). */
  readonly notReached: readonly Policy[];
}

/**
 * The definition of a right answer: a plain walk that asks every rule. Total, synchronous, pure.
 * The index is this and faster; explanations come from here only.
 */
export function evaluateByReference(
  snapshot: PolicySnapshot,
  request: AccessRequest,
): ReferenceEvaluation {
  const policies = snapshot.policiesByType.get(request.policyType)?.policies ?? [];
  const evaluation = combinePolicies(snapshot, request, everyPolicy(policies, request));
  return { ...evaluation, notReached: policies.slice(evaluation.reached.length) };
}

function* everyPolicy(
  policies: readonly Policy[],
  request: AccessRequest,
): Generator<PolicyCandidates> {
  for (const policy of policies) yield { policy, rules: everyCandidate(policy, request) };
}

/** Asks as it is read: a first-applicable policy asks no rule after the one that settles it. */
function* everyCandidate({ rules }: Policy, request: AccessRequest): Generator<Rule> {
  for (const rule of rules) if (isCandidate(rule, request)) yield rule;
}
