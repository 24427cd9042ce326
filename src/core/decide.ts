import { combinePolicies, type Evaluation } from "./combine-policies.js";
import type { Decision, DenyKind, Explanation, RuleRef } from "./decision.js";
import type { PolicyEvaluation } from "./evaluate-policy.js";
import { explain } from "./explain.js";
import { mergeParameters, obligationsOf } from "./obligations.js";
import type { Rule } from "./policy.js";
import { reasonOf } from "./reason.js";
import { evaluateByReference } from "./reference-evaluator.js";
import type { AccessRequest } from "./request.js";
import { ruleRef } from "./rule-ref.js";
import type { PolicySnapshot } from "./snapshot.js";
import { indexedCandidates } from "./type-policies.js";

/** The answer of `snapshot` to `request`. Total, synchronous, pure. */
export function decide(snapshot: PolicySnapshot, request: AccessRequest): Decision {
  const type = snapshot.policiesByType.get(request.policyType);
  const candidates = type ? indexedCandidates(type, request) : [];
  return answer(combinePolicies(snapshot, request, candidates), snapshot.policyVersion);
}

/** The same answer by the definition: a walk that asks every rule. */
export function decideByReference(snapshot: PolicySnapshot, request: AccessRequest): Decision {
  return answer(evaluateByReference(snapshot, request), snapshot.policyVersion);
}

/** The same answer, with why it came out so: both from one walk by the definition. */
export function decideAndExplain(
  snapshot: PolicySnapshot,
  request: AccessRequest,
): { readonly decision: Decision; readonly explanation: Explanation } {
  const evaluation = evaluateByReference(snapshot, request);
  return {
    decision: answer(evaluation, snapshot.policyVersion),
    explanation: explain(evaluation, request),
  };
}

function answer(evaluation: Evaluation, policyVersion: number): Decision {
  const denyKind = denyKindOf(evaluation);
  const parameters = mergeParameters(evaluation.reached);
  return {
    allowed: denyKind === undefined,
    ...(denyKind && { denyKind }),
    reason: reasonOf(evaluation),
    determiningRules: evaluation.reached
      .filter(({ outcome }) => outcome === evaluation.outcome)
      .flatMap((policy) => policy.determining.map((rule) => refOf(policy, rule))),
    erringRules: evaluation.reached.flatMap((policy) =>
      policy.erring.map(({ rule, message, missingAttributes }) => ({
        rule: refOf(policy, rule),
        message,
        missingAttributes,
      })),
    ),
    obligations: obligationsOf(evaluation.reached, refOf),
    ...(parameters && { parameters }),
    policyVersion,
    policyTypeKnown: evaluation.policyTypeKnown,
  };
}

function refOf({ policy }: PolicyEvaluation, rule: Rule): RuleRef {
  return ruleRef(policy, rule);
}

function denyKindOf({ outcome, defaultEffect }: Evaluation): DenyKind | undefined {
  switch (outcome) {
    case "permit":
      return undefined;
    case "deny":
      return "explicit";
    case "error":
      return "error";
    case "not_applicable":
      return defaultEffect === "deny" ? "default" : undefined;
  }
}
