import type { CheckAnswer } from "../../../../application/check.js";
import type {
  Decision,
  Explanation,
  PolicyTrace,
  RuleRef,
  RuleTrace,
} from "../../../../core/decision.js";
import type { ValueMap } from "../../../../core/values.js";
import type { RpcStatus } from "../../../convert-error.js";
import type { KnownPolicies } from "./known-policies.js";

/** How rules came out, in the original's words; a view of a decision and its explanation. */
export interface EvaluationJson {
  readonly violations?: readonly object[];
  readonly applied_actions: readonly object[];
  readonly decision_path: readonly string[];
  readonly rule_evaluations: readonly object[];
  readonly evaluation_details: object;
}

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
    evaluation_details: detailsOf([]),
    ...(status.requestId !== undefined && { request_id: status.requestId }),
  };
}

/** @param facts.explanation - Absent: what the decision itself tells is shown, the rules that applied. */
export function evaluationJson(
  decision: Decision,
  facts: {
    readonly explanation?: Explanation | undefined;
    readonly known: KnownPolicies;
    readonly durationMs: number;
  },
): EvaluationJson {
  const { known, durationMs } = facts;
  const policies = facts.explanation?.policies ?? policiesTold(decision, known);
  const applied = policies.flatMap(({ rules }) => rules.filter(isApplied));
  return {
    ...(!decision.allowed && {
      violations: decision.determiningRules.map((rule) => violationJson(rule, policies, known)),
    }),
    applied_actions: applied.map((trace) => appliedJson(trace, known)),
    decision_path: decision.policyTypeKnown
      ? applied.map(({ rule }) => `policy:${rule.policyId}:rule:${rule.ruleIndex}:${rule.action}`)
      : ["no_policies_found"],
    rule_evaluations: policies.map((policy) =>
      policyEvaluationJson(policy, { decision, known, durationMs }),
    ),
    evaluation_details: detailsOf(policies),
  };
}

function detailsOf(policies: readonly PolicyTrace[]): object {
  const rules = policies.flatMap((policy) => policy.rules);
  return {
    total_policies: policies.length,
    matched_policies: policies.filter((policy) => policy.rules.some(isApplied)).length,
    evaluated_rules: rules.filter(({ outcome }) => outcome !== "not_reached").length,
    matched_rules: rules.filter(isApplied).length,
    policy_priorities: policies.map(({ priority }) => priority),
  };
}

function violationJson(
  rule: RuleRef,
  policies: readonly PolicyTrace[],
  known: KnownPolicies,
): object {
  const trace = policies
    .flatMap(({ rules }) => rules)
    .find((one) => one.rule.policyId === rule.policyId && one.rule.ruleIndex === rule.ruleIndex);
  const { action } = rule;
  const reason = descriptionOf(rule, known);
  return {
    ...ruleJson(rule, known),
    rule_type: action,
    action,
    reason,
    details: [action, reason],
    match_details: trace ? matchDetails(trace) : [],
    parameters: parametersOf(rule, known),
  };
}

function appliedJson(trace: RuleTrace, known: KnownPolicies): object {
  const { rule } = trace;
  return {
    action: rule.action,
    ...ruleJson(rule, known),
    reason: descriptionOf(rule, known),
    parameters: parametersOf(rule, known),
    match_details: matchDetails(trace),
  };
}

function policyEvaluationJson(
  trace: PolicyTrace,
  facts: {
    readonly decision: Decision;
    readonly known: KnownPolicies;
    readonly durationMs: number;
  },
): object {
  const { decision, known, durationMs } = facts;
  const { policyId, policyType, priority, rules } = trace;
  const isDenied =
    !decision.allowed && decision.determiningRules.some((rule) => rule.policyId === policyId);
  const applied = rules.filter(isApplied);
  return {
    policy_id: policyId,
    policy_name: nameOf(policyId, known),
    policy_type: policyType,
    priority,
    evaluation_time_ms: durationMs,
    result: isDenied ? "deny" : "allow",
    actions_applied: applied.map(({ rule }) => rule.action),
    matched_rules: applied.length,
    rules_evaluated: rules.map((one) => ({
      rule_index: one.rule.ruleIndex,
      rule_id: one.rule.ruleId,
      rule_type: one.rule.action,
      description: descriptionOf(one.rule, known),
      matched: isApplied(one),
      outcome: one.outcome,
      action: one.rule.action,
      reason: outcomeText(one),
      parameters: parametersOf(one.rule, known),
      evaluation_time_ms: 0, // Rules are not timed one by one.
      match_details: matchDetails(one),
    })),
  };
}

function outcomeText({ outcome, condition, fields }: RuleTrace): string {
  switch (outcome) {
    case "applied":
      return "applied";
    case "not_reached":
      return "not reached: an earlier rule decided";
    case "error":
      return `could not be evaluated: ${condition?.error ?? "see erroring_rules"}`;
    case "not_applicable": {
      const missed = fields.find(({ matched }) => !matched);
      return missed ? `${missed.key}: ${missed.why}` : "its condition does not hold";
    }
  }
}

/** Both names of each fact: the one the original sends, and the one its front end reads. */
function matchDetails({ fields, condition }: RuleTrace): readonly object[] {
  const ofFields = fields.map(({ key, expected, actual = "NOT_FOUND", matched, why }) =>
    detailJson({ key, expected, actual, matched, reason: why }),
  );
  if (!condition) return ofFields;
  const { text, outcome, values, error } = condition;
  const matched = outcome === "true";
  const reason = error ?? (matched ? "holds" : "does not hold");
  return [
    ...ofFields,
    detailJson({ key: "condition", expected: text, actual: values, matched, reason }),
  ];
}

function detailJson(detail: {
  readonly key: string;
  readonly expected: unknown;
  readonly actual: unknown;
  readonly matched: boolean;
  readonly reason: string;
}): object {
  const { key, expected, actual, matched, reason } = detail;
  return {
    ...{ condition_key: key, expected_value: expected, actual_value: actual },
    ...{ field: key, expected, actual },
    ...{ matched, reason },
  };
}

/** The rules that a decision names, as traces without their fields. */
function policiesTold(decision: Decision, known: KnownPolicies): readonly PolicyTrace[] {
  const told = new Map<string, RuleTrace>();
  const add = (rule: RuleRef, outcome: RuleTrace["outcome"]): void => {
    told.set(`${rule.policyId}/${rule.ruleIndex}`, { rule, outcome, fields: [] });
  };
  const isError = decision.denyKind === "error";
  for (const rule of decision.determiningRules) add(rule, isError ? "error" : "applied");
  for (const { rule } of decision.obligations) add(rule, "applied");
  for (const { rule } of decision.erringRules) add(rule, "error");
  const policyIds = new Set([...told.values()].map(({ rule }) => rule.policyId));
  return [...policyIds].map((policyId) => ({
    policyId,
    policyType: known.get(policyId)?.policy.type ?? "",
    priority: known.get(policyId)?.policy.priority ?? 0,
    applicable: true,
    rules: [...told.values()]
      .filter(({ rule }) => rule.policyId === policyId)
      .sort((left, right) => left.rule.ruleIndex - right.rule.ruleIndex),
  }));
}

function ruleJson({ policyId, ruleId, ruleIndex }: RuleRef, known: KnownPolicies): object {
  return {
    policy_id: policyId,
    policy_name: nameOf(policyId, known),
    rule_index: ruleIndex,
    rule_id: ruleId,
  };
}

function nameOf(policyId: string, known: KnownPolicies): string {
  return known.get(policyId)?.policy.name ?? "";
}

function descriptionOf({ policyId, ruleIndex }: RuleRef, known: KnownPolicies): string {
  return known.get(policyId)?.policy.rules[ruleIndex]?.description ?? "";
}

function parametersOf({ policyId, ruleIndex }: RuleRef, known: KnownPolicies): ValueMap {
  return known.get(policyId)?.policy.rules[ruleIndex]?.parameters ?? {};
}

function isApplied({ outcome }: RuleTrace): boolean {
  return outcome === "applied";
}
