import type { CheckAnswer, ConnectionCheck, PolicyCheck } from "../application/check.js";
import type {
  ConditionTrace as CoreConditionTrace,
  Decision,
  DenyKind as CoreDenyKind,
  Explanation as CoreExplanation,
  FieldTrace as CoreFieldTrace,
  NearestRule as CoreNearestRule,
  Obligation as CoreObligation,
  PolicyTrace as CorePolicyTrace,
  RuleError as CoreRuleError,
  RuleRef as CoreRuleRef,
  RuleTrace as CoreRuleTrace,
  TracedOutcome,
} from "../core/decision.js";
import {
  ConditionOutcome,
  type ConditionTrace,
  DenyKind,
  type Explanation,
  type FieldTrace,
  type NearestRule,
  type Obligation,
  type PolicyTrace,
  type RuleError,
  RuleOutcome,
  type RuleRef,
  type RuleTrace,
} from "../gen/flopynet/policy/v1/decision.js";
import type {
  CheckConnectionRequest,
  CheckConnectionResponse,
  CheckPolicyRequest,
} from "../gen/flopynet/policy/v1/decision_service.js";
import { structFromValues, structToValues } from "./convert-struct.js";

const DENY_KIND = {
  explicit: DenyKind.DENY_KIND_EXPLICIT,
  default: DenyKind.DENY_KIND_DEFAULT,
  error: DenyKind.DENY_KIND_ERROR,
  not_trusted: DenyKind.DENY_KIND_NOT_TRUSTED,
  invalid_request: DenyKind.DENY_KIND_INVALID_REQUEST,
} as const satisfies Record<CoreDenyKind, DenyKind>;

const RULE_OUTCOME = {
  not_applicable: RuleOutcome.RULE_OUTCOME_NOT_APPLICABLE,
  applied: RuleOutcome.RULE_OUTCOME_APPLIED,
  error: RuleOutcome.RULE_OUTCOME_ERROR,
  not_reached: RuleOutcome.RULE_OUTCOME_NOT_REACHED,
} as const satisfies Record<TracedOutcome, RuleOutcome>;

const CONDITION_OUTCOME = {
  true: ConditionOutcome.CONDITION_OUTCOME_TRUE,
  false: ConditionOutcome.CONDITION_OUTCOME_FALSE,
  error: ConditionOutcome.CONDITION_OUTCOME_ERROR,
} as const;

export function connectionCheckFromProto(request: CheckConnectionRequest): ConnectionCheck {
  const { srcPort, dstPort } = request;
  return {
    requestId: request.requestId,
    clientId: request.clientId,
    srcType: request.srcType,
    dstType: request.dstType,
    srcIp: request.srcIp,
    dstIp: request.dstIp,
    ...(srcPort !== undefined && { srcPort }),
    ...(dstPort !== undefined && { dstPort }),
    protocol: request.protocol,
    context: structToValues(request.context),
    explain: request.explain,
  };
}

export function policyCheckFromProto(request: CheckPolicyRequest): PolicyCheck {
  return {
    requestId: request.requestId,
    policyType: request.policyType,
    context: structToValues(request.context),
    explain: request.explain,
  };
}

/** The answer to either question: both responses have the same fields under the same numbers. */
export function checkAnswerToProto(answer: CheckAnswer): CheckConnectionResponse {
  const { decision, explanation } = answer;
  const [first] = decision.determiningRules;
  return {
    allowed: decision.allowed,
    denyKind: denyKindToProto(decision),
    reason: decision.reason,
    policyId: first?.policyId ?? "",
    ruleId: first?.ruleId ?? "",
    determiningRules: decision.determiningRules.map(ruleRefToProto),
    erroringRules: decision.erringRules.map(ruleErrorToProto),
    ...(decision.parameters && { parameters: structFromValues(decision.parameters) }),
    obligations: decision.obligations.map(obligationToProto),
    decisionId: answer.decisionId,
    policyVersion: String(decision.policyVersion),
    requestId: answer.requestId,
    ...(explanation && { explanation: explanationToProto(explanation) }),
  };
}

function denyKindToProto({ denyKind }: Decision): DenyKind {
  return denyKind === undefined ? DenyKind.DENY_KIND_UNSPECIFIED : DENY_KIND[denyKind];
}

function ruleRefToProto({ policyId, ruleId, ruleIndex, action }: CoreRuleRef): RuleRef {
  return { policyId, ruleId, ruleIndex, action };
}

function ruleErrorToProto({ rule, message, missingAttributes }: CoreRuleError): RuleError {
  return { rule: ruleRefToProto(rule), message, missingAttributes: [...missingAttributes] };
}

function obligationToProto({ rule, action, parameters, advice }: CoreObligation): Obligation {
  return {
    rule: ruleRefToProto(rule),
    action,
    parameters: structFromValues(parameters),
    advice,
  };
}

function explanationToProto(explanation: CoreExplanation): Explanation {
  const {
    policies,
    nearest,
    smallestChange,
    changesTried = 0,
    searchLimited = false,
  } = explanation;
  return {
    policies: policies.map(policyTraceToProto),
    ...(nearest && { nearest: nearestToProto(nearest) }),
    ...(smallestChange && {
      smallestChange: { changes: smallestChange.changes.map((change) => ({ ...change })) },
    }),
    changesTried,
    searchLimited,
  };
}

function nearestToProto({ rule, mustApply, fields, condition }: CoreNearestRule): NearestRule {
  return {
    rule: ruleRefToProto(rule),
    mustApply,
    fields: fields.map(fieldTraceToProto),
    ...(condition && { condition: conditionTraceToProto(condition) }),
  };
}

function policyTraceToProto(trace: CorePolicyTrace): PolicyTrace {
  const { policyId, policyType, priority, applicable, rules } = trace;
  return { policyId, policyType, priority, applicable, rules: rules.map(ruleTraceToProto) };
}

function ruleTraceToProto({ rule, outcome, fields, condition }: CoreRuleTrace): RuleTrace {
  return {
    rule: ruleRefToProto(rule),
    outcome: RULE_OUTCOME[outcome],
    fields: fields.map(fieldTraceToProto),
    ...(condition && { condition: conditionTraceToProto(condition) }),
  };
}

function fieldTraceToProto({ key, expected, actual, matched, why }: CoreFieldTrace): FieldTrace {
  return { key, expected, ...(actual !== undefined && { actual }), matched, why };
}

function conditionTraceToProto(condition: CoreConditionTrace): ConditionTrace {
  const { text, outcome, values, error = "" } = condition;
  return { text, outcome: CONDITION_OUTCOME[outcome], values: structFromValues(values), error };
}
