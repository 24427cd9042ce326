import type { CheckAnswer, ConnectionCheck, PolicyCheck } from "../application/check.js";
import type {
  ClientStanding,
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
  type TrustSummary,
} from "../gen/flopynet/policy/v1/decision.js";
import { STATE } from "./convert-trust-state.js";
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
  return {
    requestId: request.requestId,
    clientId: request.clientId,
    srcType: request.srcType,
    dstType: request.dstType,
    srcIp: request.srcIp,
    dstIp: request.dstIp,
    srcPort: request.srcPort,
    dstPort: request.dstPort,
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

/** What answers of one decision have in common: converted once, and the same objects in each. */
type SharedAnswer = Omit<CheckConnectionResponse, "decisionId" | "requestId" | "explanation">;
const sharedAnswers = new WeakMap<Decision, SharedAnswer>();

/**
 * The answer to either question: both responses have the same fields under the same numbers. Must
 * not be changed.
 */
export function checkAnswerToProto(answer: CheckAnswer): CheckConnectionResponse {
  const { decision, decisionId, requestId, explanation } = answer;
  let shared = sharedAnswers.get(decision);
  if (!shared) {
    shared = decisionToProto(decision);
    sharedAnswers.set(decision, shared);
  }
  // Why field by field: an object made by spreading is many times slower to make and to read.
  const response: CheckConnectionResponse = {
    allowed: shared.allowed,
    denyKind: shared.denyKind,
    reason: shared.reason,
    policyId: shared.policyId,
    ruleId: shared.ruleId,
    determiningRules: shared.determiningRules,
    erroringRules: shared.erroringRules,
    obligations: shared.obligations,
    policyVersion: shared.policyVersion,
    decisionId,
    requestId,
  };
  if (shared.parameters) response.parameters = shared.parameters;
  if (answer.trust?.known === true) response.trust = trustToProto(answer.trust);
  if (explanation) response.explanation = explanationToProto(explanation);
  return response;
}

/** A client stands the same in many checks: one object for all of them. */
const trustSummaries = new WeakMap<ClientStanding, TrustSummary>();

function trustToProto(standing: ClientStanding): TrustSummary {
  let summary = trustSummaries.get(standing);
  if (!summary) {
    const { trustScore, state, weightMultiplier } = standing;
    summary = { trustScore, state: STATE[state], weightMultiplier };
    trustSummaries.set(standing, summary);
  }
  return summary;
}

function decisionToProto(decision: Decision): SharedAnswer {
  const { allowed, reason, determiningRules, erringRules, obligations, parameters } = decision;
  const [first] = determiningRules;
  const shared: SharedAnswer = {
    allowed,
    denyKind: denyKindToProto(decision),
    reason,
    policyId: first?.policyId ?? "",
    ruleId: first?.ruleId ?? "",
    determiningRules: determiningRules.map(ruleRefToProto),
    erroringRules: erringRules.map(ruleErrorToProto),
    obligations: obligations.map(obligationToProto),
    policyVersion: String(decision.policyVersion),
  };
  if (parameters) shared.parameters = structFromValues(parameters);
  return shared;
}

function denyKindToProto({ denyKind }: Decision): DenyKind {
  return denyKind === undefined ? DenyKind.DENY_KIND_UNSPECIFIED : DENY_KIND[denyKind];
}

export function ruleRefToProto({ policyId, ruleId, ruleIndex, action }: CoreRuleRef): RuleRef {
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
