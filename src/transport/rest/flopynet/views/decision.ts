import type { CheckAnswer } from "../../../../application/check.js";
import type { RpcStatus } from "../../../convert-error.js";
import { evaluationJson } from "./evaluation.js";
import type { KnownPolicies } from "./known-policies.js";

/** The answer of `/api/v1/check` and its kin. */
export function decisionJson(
  { decision, decisionId, requestId, explanation }: CheckAnswer,
  { known, durationMs }: { readonly known: KnownPolicies; readonly durationMs: number },
): object {
  const evaluation = evaluationJson(decision, { explanation, known, durationMs });
  const [first] = decision.determiningRules;
  return {
    allowed: decision.allowed,
    reason: decision.reason,
    decision: decision.allowed ? "allow" : "deny",
    action: first?.action ?? null,
    ...(decision.denyKind && { deny_kind: decision.denyKind.toUpperCase() }),
    decision_id: decisionId,
    ...(requestId !== "" && { request_id: requestId }),
    policy_id: first?.policyId ?? null,
    rule_id: first?.ruleId ?? null,
    policy_version: decision.policyVersion,
    policies_checked: explanation?.policies.length ?? 0,
    evaluation_time: durationMs / 1000,
    ...(decision.parameters && { parameters: decision.parameters }),
    ...evaluation,
    erroring_rules: decision.erringRules.map(({ rule, message, missingAttributes }) => ({
      policy_id: rule.policyId,
      rule_id: rule.ruleId,
      rule_index: rule.ruleIndex,
      message,
      missing_attributes: missingAttributes,
    })),
  };
}

const NOTHING_EVALUATED = {
  total_policies: 0,
  matched_policies: 0,
  evaluated_rules: 0,
  matched_rules: 0,
  policy_priorities: [],
};

/**
 * The answer to a check that could not be decided: a denial, because the clients of these endpoints
 * read every other status as permission.
 */
export function undecidedJson(status: RpcStatus, policyVersion: number): object {
  const isInvalid = status.errorInfo?.reason === "REQUEST_INVALID";
  return {
    allowed: false,
    reason: status.message,
    decision: "deny",
    action: null,
    deny_kind: isInvalid ? "INVALID_REQUEST" : "ERROR",
    policy_version: policyVersion,
    policies_checked: 0,
    evaluation_time: 0,
    violations: [],
    applied_actions: [],
    decision_path: [],
    rule_evaluations: [],
    evaluation_details: NOTHING_EVALUATED,
    ...(status.requestId !== undefined && { request_id: status.requestId }),
  };
}
