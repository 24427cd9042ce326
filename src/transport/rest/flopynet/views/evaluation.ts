import type {
  Decision,
  Explanation,
  PolicyTrace,
  RuleRef,
  RuleTrace,
} from "../../../../core/decision.js";
import type { Value, ValueMap } from "../../../../core/values.js";
import type { KnownPolicies } from "./known-policies.js";

/** How rules came out, in the original's words; a view of a decision and its explanation. */
export interface EvaluationJson {
  readonly violations?: readonly object[];
  readonly applied_actions: readonly object[];
  readonly decision_path: readonly string[];
  readonly rule_evaluations: readonly object[];
  readonly evaluation_details: object;
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
  const traces = facts.explanation?.policies ?? policiesTold(decision, known);
  const policies = traces.map((trace) => shownPolicy(trace, known));
  const applied = policies.flatMap(({ rules }) => rules.filter(isApplied));
  const evaluation: EvaluationJson = {
    applied_actions: applied.map(appliedJson),
    decision_path: decision.policyTypeKnown ? applied.map(stepOf) : ["no_policies_found"],
    rule_evaluations: policies.map((policy) => policyJson(policy, decision, durationMs)),
    evaluation_details: detailsOf(policies),
  };
  if (decision.allowed) return evaluation;
  const violations = decision.determiningRules.map((rule) => violationJson(rule, policies));
  return { violations, ...evaluation };
}

/** A trace beside what the policy says of itself. Made once for all places that show it. */
interface ShownPolicy {
  readonly trace: PolicyTrace;
  readonly name: string;
  readonly rules: readonly ShownRule[];
}

interface ShownRule {
  readonly trace: RuleTrace;
  readonly policyName: string;
  readonly description: string;
  readonly parameters: ValueMap;
  readonly details: readonly object[];
}

function shownPolicy(trace: PolicyTrace, known: KnownPolicies): ShownPolicy {
  const policy = known.get(trace.policyId)?.policy;
  const name = policy?.name ?? "";
  const rules = trace.rules.map((one): ShownRule => {
    const rule = policy?.rules[one.rule.ruleIndex];
    return {
      trace: one,
      policyName: name,
      description: rule?.description ?? "",
      parameters: rule?.parameters ?? NO_PARAMETERS,
      details: matchDetails(one),
    };
  });
  return { trace, name, rules };
}

const NO_PARAMETERS: ValueMap = {};

function detailsOf(policies: readonly ShownPolicy[]): object {
  let matchedPolicies = 0;
  let evaluated = 0;
  let matched = 0;
  for (const { rules } of policies) {
    const applied = rules.filter(isApplied).length;
    if (applied > 0) matchedPolicies += 1;
    matched += applied;
    evaluated += rules.filter(({ trace }) => trace.outcome !== "not_reached").length;
  }
  return {
    total_policies: policies.length,
    matched_policies: matchedPolicies,
    evaluated_rules: evaluated,
    matched_rules: matched,
    policy_priorities: policies.map(({ trace }) => trace.priority),
  };
}

function violationJson(rule: RuleRef, policies: readonly ShownPolicy[]): object {
  const { policyId, ruleId, ruleIndex, action } = rule;
  const policy = policies.find(({ trace }) => trace.policyId === policyId);
  const shown = policy?.rules.find(({ trace }) => trace.rule.ruleIndex === ruleIndex);
  const reason = shown?.description ?? "";
  return {
    policy_id: policyId,
    policy_name: policy?.name ?? "",
    rule_index: ruleIndex,
    rule_id: ruleId,
    rule_type: action,
    action,
    reason,
    details: [action, reason],
    match_details: shown?.details ?? [],
    parameters: shown?.parameters ?? NO_PARAMETERS,
  };
}

function appliedJson({ trace, policyName, description, parameters, details }: ShownRule): object {
  const { policyId, ruleId, ruleIndex, action } = trace.rule;
  return {
    action,
    policy_id: policyId,
    policy_name: policyName,
    rule_index: ruleIndex,
    rule_id: ruleId,
    reason: description,
    parameters,
    match_details: details,
  };
}

function stepOf({ trace }: ShownRule): string {
  const { policyId, ruleIndex, action } = trace.rule;
  return `policy:${policyId}:rule:${ruleIndex}:${action}`;
}

function policyJson(
  { trace, name, rules }: ShownPolicy,
  decision: Decision,
  durationMs: number,
): object {
  const { policyId, policyType, priority } = trace;
  const isDenied =
    !decision.allowed && decision.determiningRules.some((rule) => rule.policyId === policyId);
  const applied = rules.filter(isApplied);
  return {
    policy_id: policyId,
    policy_name: name,
    policy_type: policyType,
    priority,
    evaluation_time_ms: durationMs,
    result: isDenied ? "deny" : "allow",
    actions_applied: applied.map((shown) => shown.trace.rule.action),
    matched_rules: applied.length,
    rules_evaluated: rules.map(ruleJson),
  };
}

function ruleJson(shown: ShownRule): object {
  const { trace, description, parameters, details } = shown;
  const { ruleId, ruleIndex, action } = trace.rule;
  return {
    rule_index: ruleIndex,
    rule_id: ruleId,
    rule_type: action,
    description,
    matched: isApplied(shown),
    outcome: trace.outcome,
    action,
    reason: outcomeText(trace),
    parameters,
    evaluation_time_ms: 0, // Rules are not timed one by one.
    match_details: details,
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
  const details = fields.map(({ key, expected, actual, matched, why }) =>
    detailJson(key, expected, actual ?? "NOT_FOUND", matched, why),
  );
  if (!condition) return details;
  const { text, outcome, values, error } = condition;
  const matched = outcome === "true";
  const reason = error ?? (matched ? "holds" : "does not hold");
  details.push(detailJson("condition", text, values, matched, reason));
  return details;
}

// Why no object as argument: there is one of these for every field of every rule of every check.
function detailJson(
  key: string,
  expected: Value,
  actual: Value,
  matched: boolean,
  reason: string,
): object {
  return {
    condition_key: key,
    expected_value: expected,
    actual_value: actual,
    field: key,
    expected,
    actual,
    matched,
    reason,
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

function isApplied({ trace }: ShownRule): boolean {
  return trace.outcome === "applied";
}
