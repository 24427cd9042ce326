import { denyOverrides, type Outcome } from "./combining.js";
import { evaluatePolicy, type PolicyEvaluation } from "./evaluate-policy.js";
import type { Policy } from "./policy.js";
import { policyTypeRow } from "./policy-types.js";
import type { AccessRequest } from "./request.js";
import type { PolicySnapshot } from "./snapshot.js";
import type { Effect } from "./verbs.js";

/** Everything the walk over the policies of one type found: the answer and its explanation alike. */
export interface Evaluation {
  readonly policyType: string;
  /** False when no enabled policy has the type. */
  readonly policyTypeKnown: boolean;
  readonly outcome: Outcome;
  /** What answers where the outcome is not applicable. */
  readonly defaultEffect: Effect;
  /** The policies that were reached, by priority descending, then id. */
  readonly reached: readonly PolicyEvaluation[];
  /** Policies of tiers below the one that answered (first-applicable types only). */
  readonly notReached: readonly Policy[];
}

/**
 * The definition of a right answer: a plain walk over every rule. Total, synchronous, pure.
 *
 * In a first-applicable type the highest tier (policies of equal priority) that is applicable answers
 * and the tiers below are not reached; in the others all policies count at once. Policies combine
 * deny > error > permit, so the order of policies in the file never matters.
 */
export function evaluate(snapshot: PolicySnapshot, request: AccessRequest): Evaluation {
  const { policyType } = request;
  const row = policyTypeRow(policyType);
  const policies = snapshot.policiesByType.get(policyType) ?? [];
  const known = policies.length > 0;
  const tiers = row.combining === "first-applicable" ? byPriority(policies) : [policies];

  const reached: PolicyEvaluation[] = [];
  let outcome: Outcome = "not_applicable";
  for (const tier of tiers) {
    const evaluations = tier.map((policy) => evaluatePolicy(policy, request, row));
    reached.push(...evaluations);
    outcome = denyOverrides(evaluations.map((evaluation) => evaluation.outcome));
    if (outcome !== "not_applicable") break;
  }
  const strict =
    policies.some((policy) => policy.defaultEffect === "deny") ||
    (!known && snapshot.unknownTypeEffect === "deny");
  return {
    policyType,
    policyTypeKnown: known,
    outcome,
    defaultEffect: strict ? "deny" : row.defaultEffect,
    reached,
    notReached: policies.slice(reached.length),
  };
}

/** Runs of equal priority; `policies` are sorted by it. */
function byPriority(policies: readonly Policy[]): Policy[][] {
  const tiers: Policy[][] = [];
  for (const policy of policies) {
    const tier = tiers.at(-1);
    if (tier?.[0]?.priority === policy.priority) tier.push(policy);
    else tiers.push([policy]);
  }
  return tiers;
}
