import type {
  Decision,
  Explanation,
  PolicyTrace,
  RuleRef,
  RuleTrace,
} from "../../../../core/decision.js";
import type { Rule } from "../../../../core/policy.js";
import type { Value, ValueMap } from "../../../../core/values.js";
import type { KnownPolicies } from "./known-policies.js";

interface EvaluationFacts {
  /** Absent: what the decision itself tells is shown, the rules that applied. */
  readonly explanation?: Explanation | undefined;
  readonly known: KnownPolicies;
  readonly durationMs: number;
}

/**
 * `head` as JSON text, and how rules came out after it, in the original's words: views of a decision
 * and its explanation.
 *
 * Text, because most of it is what the rules say of themselves: that is written once for each rule.
 */
export function withEvaluation(head: object, decision: Decision, facts: EvaluationFacts): string {
  const { known, durationMs } = facts;
  const traces = facts.explanation?.policies ?? policiesTold(decision, known);
  const policies = traces.map((trace) => shownPolicy(trace, known));
  const applied = policies.flatMap(({ rules }) => rules.filter(isApplied));
  const shown = {
    ...head,
    ...(!decision.allowed && {
      violations: decision.determiningRules.map((rule) => violationJson(rule, policies)),
    }),
    applied_actions: applied.map(appliedJson),
    decision_path: decision.policyTypeKnown ? applied.map(stepOf) : ["no_policies_found"],
    evaluation_details: detailsOf(policies),
  };
  const evaluations = policies.map((policy) => policyText(policy, decision, durationMs));
  return withList(shown, "rule_evaluations", evaluations);
}

/** The rules that denied, as `withEvaluation` shows them. */
export function violationsOf(decision: Decision, known: KnownPolicies): readonly object[] {
  if (decision.allowed) return [];
  const policies = policiesTold(decision, known).map((trace) => shownPolicy(trace, known));
  return decision.determiningRules.map((rule) => violationJson(rule, policies));
}

/** An object as JSON text with one member more: a list of texts. */
function withList(object: object, name: string, texts: readonly string[]): string {
  return `${JSON.stringify(object).slice(0, -1)},"${name}":[${texts.join(",")}]}`;
}

/** A trace beside what the policy says of itself. Made once for all places that show it. */
interface ShownPolicy {
  readonly trace: PolicyTrace;
  readonly name: string;
  readonly rules: readonly ShownRule[];
}

interface ShownRule {
  readonly trace: RuleTrace;
  /** Absent when the policy is no longer there. */
  readonly rule: Rule | undefined;
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
      rule,
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

function policyText(
  { trace, name, rules }: ShownPolicy,
  decision: Decision,
  durationMs: number,
): string {
  const { policyId, policyType, priority } = trace;
  const isDenied =
    !decision.allowed && decision.determiningRules.some((rule) => rule.policyId === policyId);
  const applied = rules.filter(isApplied);
  const shown = {
    policy_id: policyId,
    policy_name: name,
    policy_type: policyType,
    priority,
    evaluation_time_ms: durationMs,
    result: isDenied ? "deny" : "allow",
    actions_applied: applied.map((one) => one.trace.rule.action),
    matched_rules: applied.length,
  };
  return withList(shown, "rules_evaluated", rules.map(ruleText));
}

// Rules are not timed one by one: 0.
function ruleText(shown: ShownRule): string {
  const { trace, details } = shown;
  const said = saidByRule(shown);
  if (trace.outcome === "not_reached") return said.notReached;
  return (
    `${said.head},"matched":${String(isApplied(shown))},"outcome":"${trace.outcome}",` +
    `"reason":${JSON.stringify(outcomeText(trace))},"evaluation_time_ms":0,` +
    `"match_details":${JSON.stringify(details)}}`
  );
}

interface SaidByRule {
  /** What the rule says of itself; goes on with a comma. */
  readonly head: string;
  /** All there is to say where it was not reached. */
  readonly notReached: string;
}

const said = new WeakMap<Rule, SaidByRule>();

function saidByRule({ trace, rule, description, parameters }: ShownRule): SaidByRule {
  const known = rule && said.get(rule);
  if (known) return known;
  const { ruleId, ruleIndex, action } = trace.rule;
  const json = {
    ...{
      rule_index: ruleIndex,
      rule_id: ruleId,
      rule_type: action,
      description,
      action,
      parameters,
    },
  };
  const head = JSON.stringify(json).slice(0, -1);
  const notReached =
    `${head},"matched":false,"outcome":"not_reached",` +
    `"reason":"not reached: an earlier rule decided","evaluation_time_ms":0,"match_details":[]}`;
  const written = { head, notReached };
  if (rule) said.set(rule, written);
  return written;
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
