import type { CheckAnswer } from "../../../../application/check.js";
import type { RpcStatus } from "../../../convert-error.js";
import { withEvaluation } from "./evaluation.js";
import type { KnownPolicies } from "./known-policies.js";

/** What a path that checks adds to the answer, or says otherwise. */
export interface AnswerStyle {
  /** `ALLOW` and `DENY`. */
  readonly isUpperCase?: boolean;
  readonly tellsEligible?: boolean;
}

/** The answer of `/api/v1/check` and its kin, as JSON text. */
export function decisionText(
  { decision, decisionId, requestId, explanation }: CheckAnswer,
  facts: { readonly known: KnownPolicies; readonly durationMs: number },
  style: AnswerStyle,
): string {
  const { known, durationMs } = facts;
  const [first] = decision.determiningRules;
  // Why no spreading: it takes longer than the rest of this. What is undefined is left out.
  const head = {
    allowed: decision.allowed,
    eligible: style.tellsEligible ? decision.allowed : undefined,
    decision: decisionWord(decision.allowed, style),
    reason: decision.reason,
    action: first?.action ?? null,
    deny_kind: decision.denyKind?.toUpperCase(),
    decision_id: decisionId,
    request_id: requestId === "" ? undefined : requestId,
    policy_id: first?.policyId ?? null,
    rule_id: first?.ruleId ?? null,
    policy_version: decision.policyVersion,
    policies_checked: explanation?.policies.length ?? 0,
    evaluation_time: durationMs / 1000,
    parameters: decision.parameters,
    erroring_rules: decision.erringRules.map(({ rule, message, missingAttributes }) => ({
      policy_id: rule.policyId,
      rule_id: rule.ruleId,
      rule_index: rule.ruleIndex,
      message,
      missing_attributes: missingAttributes,
    })),
  };
  return withEvaluation(head, decision, { explanation, known, durationMs });
}

function decisionWord(allowed: boolean, { isUpperCase }: AnswerStyle): string {
  const word = allowed ? "allow" : "deny";
  return isUpperCase ? word.toUpperCase() : word;
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
export function undecidedText(
  status: RpcStatus,
  policyVersion: number,
  style: AnswerStyle,
): string {
  const isInvalid = status.errorInfo?.reason === "REQUEST_INVALID";
  return JSON.stringify({
    allowed: false,
    eligible: style.tellsEligible ? false : undefined,
    decision: decisionWord(false, style),
    reason: status.message,
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
    request_id: status.requestId,
  });
}
