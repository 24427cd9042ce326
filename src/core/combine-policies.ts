import { append } from "./append.js";
import { denyOverrides, type Outcome } from "./combining.js";
import { evaluatePolicy, type PolicyCandidates, type PolicyEvaluation } from "./evaluate-policy.js";
import { plainSpelling, policyTypeRow } from "./policy-types.js";
import type { AccessRequest } from "./request.js";
import type { PolicySnapshot } from "./snapshot.js";
import type { Effect } from "./verbs.js";

/** Everything the walk over the policies of one type found. */
export interface Evaluation {
  readonly policyType: string;
  /** False when no enabled policy has the type. */
  readonly policyTypeKnown: boolean;
  /** The type that was probably meant by one that no enabled policy has. */
  readonly meantType?: string;
  readonly outcome: Outcome;
  /** What answers where the outcome is not applicable. */
  readonly defaultEffect: Effect;
  /** The policies that were reached, by priority descending, then id; those without candidates may be left out. */
  readonly reached: readonly PolicyEvaluation[];
}

/**
 * THE combination, whoever found the candidates. In a first-applicable type the highest tier (policies
 * of equal priority) that is applicable answers and the tiers below are not reached; in the others all
 * policies count at once. Policies combine deny > error > permit, so the order of policies in the
 * file never matters.
 *
 * @param candidates - By priority descending, then id; read only as far as the tiers are reached.
 */
export function combinePolicies(
  snapshot: PolicySnapshot,
  request: AccessRequest,
  candidates: Iterable<PolicyCandidates>,
): Evaluation {
  const { policyType } = request;
  const row = policyTypeRow(policyType);
  const type = snapshot.policiesByType.get(policyType);
  let reached: PolicyEvaluation[] = [];
  let tier: PolicyEvaluation[] = [];
  let outcome: Outcome = "not_applicable";
  for (const candidatesOfPolicy of candidates) {
    const { policy } = candidatesOfPolicy;
    const priority = tier[0]?.policy.priority ?? policy.priority;
    if (row.combining === "first-applicable" && policy.priority !== priority) {
      if (outcome !== "not_applicable") break;
      tier = [];
    }
    const evaluation = evaluatePolicy(candidatesOfPolicy, request, row);
    reached = append(reached, evaluation);
    tier = append(tier, evaluation);
    outcome = denyOverrides([outcome, evaluation.outcome]);
  }
  const meantType = type ? undefined : meantTypeOf(policyType, snapshot);
  const strict = type ? type.defaultsToDeny : snapshot.unknownTypeEffect === "deny";
  const evaluation: { -readonly [Field in keyof Evaluation]: Evaluation[Field] } = {
    policyType,
    policyTypeKnown: type !== undefined,
    outcome,
    defaultEffect: strict ? "deny" : row.defaultEffect,
    reached,
  };
  if (meantType !== undefined) evaluation.meantType = meantType;
  return evaluation;
}

function meantTypeOf(policyType: string, { typesBySpelling }: PolicySnapshot): string | undefined {
  const meant = typesBySpelling.get(plainSpelling(policyType));
  return meant === policyType ? undefined : meant;
}
