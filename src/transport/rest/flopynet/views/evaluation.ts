import type {
  Decision,
  Explanation,
  PolicyTrace,
  RuleRef,
  RuleTrace,
} from "../../../../core/decision.js";
import type { Policy } from "../../../../core/policy.js";
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
  const applied = policies.flatMap((policy) => policy.applied);
  const path = decision.policyTypeKnown ? applied.map(stepOf) : ["no_policies_found"];
  const violations = decision.allowed
    ? ""
    : `"violations":${listText(decision.determiningRules.map((rule) => violationText(rule, policies)))},`;
  const evaluations = policies.map((policy) => policyText(policy, decision, durationMs));
  return (
    `${openText(head)},${violations}"applied_actions":${listText(applied.map(appliedText))},` +
    `"decision_path":${JSON.stringify(path)},"evaluation_details":${detailsText(policies)},` +
    `"rule_evaluations":${listText(evaluations)}}`
  );
}

/** The rules that denied, as `withEvaluation` shows them. */
export function violationsOf(decision: Decision, known: KnownPolicies): readonly object[] {
  if (decision.allowed) return [];
  const policies = policiesTold(decision, known).map((trace) => shownPolicy(trace, known));
  return decision.determiningRules.map(
    (rule) => JSON.parse(violationText(rule, policies)) as object,
  );
}

/** An object as JSON text that goes on with a comma. */
function openText(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}

function listText(texts: readonly string[]): string {
  return `[${texts.join(",")}]`;
}

/** A trace beside what the policy says of itself. Made once for all places that show it. */
interface ShownPolicy {
  readonly trace: PolicyTrace;
  /** Absent when the policy is no longer there. */
  readonly policy: Policy | undefined;
  readonly rules: readonly string[];
  readonly applied: readonly AppliedRule[];
  readonly reached: number;
}

interface AppliedRule {
  readonly trace: RuleTrace;
  readonly policy: Policy | undefined;
  readonly matchDetails: string;
}

function shownPolicy(trace: PolicyTrace, known: KnownPolicies): ShownPolicy {
  const policy = known.get(trace.policyId)?.policy;
  const applied: AppliedRule[] = [];
  let reached = 0;
  const rules = trace.rules.map((rule) => {
    const said = saidByRule(rule, policy);
    if (rule.outcome === "not_reached") return said.notReached;
    reached += 1;
    const matchDetails = matchDetailsText(rule);
    if (rule.outcome === "applied") applied.push({ trace: rule, policy, matchDetails });
    return ruleText(rule, said, matchDetails);
  });
  return { trace, policy, rules, applied, reached };
}

const NO_PARAMETERS: ValueMap = {};

function detailsText(policies: readonly ShownPolicy[]): string {
  let matchedPolicies = 0;
  let evaluated = 0;
  let matched = 0;
  for (const { applied, reached } of policies) {
    if (applied.length > 0) matchedPolicies += 1;
    matched += applied.length;
    evaluated += reached;
  }
  return JSON.stringify({
    total_policies: policies.length,
    matched_policies: matchedPolicies,
    evaluated_rules: evaluated,
    matched_rules: matched,
    policy_priorities: policies.map(({ trace }) => trace.priority),
  });
}

function violationText(ref: RuleRef, policies: readonly ShownPolicy[]): string {
  const { policyId, ruleId, ruleIndex, action } = ref;
  const shown = policies.find(({ trace }) => trace.policyId === policyId);
  const trace = shown?.trace.rules.find(({ rule }) => rule.ruleIndex === ruleIndex);
  const rule = shown?.policy?.rules[ruleIndex];
  const reason = rule?.description ?? "";
  const head = {
    policy_id: policyId,
    policy_name: shown?.policy?.name ?? "",
    rule_index: ruleIndex,
    rule_id: ruleId,
    rule_type: action,
    action,
    reason,
    details: [action, reason],
    parameters: rule?.parameters ?? NO_PARAMETERS,
  };
  return `${openText(head)},"match_details":${trace ? matchDetailsText(trace) : "[]"}}`;
}

function appliedText({ trace, policy, matchDetails }: AppliedRule): string {
  return `${saidByRule(trace, policy).applied},"match_details":${matchDetails}}`;
}

function stepOf({ trace }: AppliedRule): string {
  const { policyId, ruleIndex, action } = trace.rule;
  return `policy:${policyId}:rule:${ruleIndex}:${action}`;
}

function policyText(
  { trace, policy, rules, applied }: ShownPolicy,
  decision: Decision,
  durationMs: number,
): string {
  const { policyId, policyType, priority } = trace;
  const isDenied =
    !decision.allowed && decision.determiningRules.some((rule) => rule.policyId === policyId);
  const shown = {
    policy_id: policyId,
    policy_name: policy?.name ?? "",
    policy_type: policyType,
    priority,
    evaluation_time_ms: durationMs,
    result: isDenied ? "deny" : "allow",
    actions_applied: applied.map((one) => one.trace.rule.action),
    matched_rules: applied.length,
  };
  return `${openText(shown)},"rules_evaluated":${listText(rules)}}`;
}

// Rules are not timed one by one: 0.
function ruleText(trace: RuleTrace, { head }: SaidByRule, matchDetails: string): string {
  return (
    `${head},"matched":${String(trace.outcome === "applied")},"outcome":"${trace.outcome}",` +
    `"reason":${JSON.stringify(outcomeText(trace))},"evaluation_time_ms":0,` +
    `"match_details":${matchDetails}}`
  );
}

/** What a rule says of itself, as text that goes on with a comma. */
interface SaidByRule {
  readonly head: string;
  /** As an action that was applied. */
  readonly applied: string;
  /** All there is to say where it was not reached. */
  readonly notReached: string;
}

const saidByPolicy = new WeakMap<Policy, (SaidByRule | undefined)[]>();

function saidByRule({ rule: ref }: RuleTrace, policy: Policy | undefined): SaidByRule {
  if (!policy) return sayings(ref, undefined);
  let said = saidByPolicy.get(policy);
  if (!said) saidByPolicy.set(policy, (said = []));
  return (said[ref.ruleIndex] ??= sayings(ref, policy));
}

function sayings({ policyId, ruleId, ruleIndex, action }: RuleRef, policy: Policy | undefined) {
  const rule = policy?.rules[ruleIndex];
  const description = rule?.description ?? "";
  const parameters = rule?.parameters ?? NO_PARAMETERS;
  const head = openText({
    ...{ rule_index: ruleIndex, rule_id: ruleId, rule_type: action, description, action },
    parameters,
  });
  const applied = openText({
    ...{ action, policy_id: policyId, policy_name: policy?.name ?? "" },
    ...{ rule_index: ruleIndex, rule_id: ruleId, reason: description, parameters },
  });
  const notReached =
    `${head},"matched":false,"outcome":"not_reached",` +
    `"reason":"not reached: an earlier rule decided","evaluation_time_ms":0,"match_details":[]}`;
  return { head, applied, notReached };
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

function matchDetailsText({ fields, condition }: RuleTrace): string {
  const details = fields.map(({ key, expected, actual, matched, why }) =>
    detailText(key, expected, actual ?? "NOT_FOUND", matched, why),
  );
  if (condition) {
    const { text, outcome, values, error } = condition;
    const matched = outcome === "true";
    const reason = error ?? (matched ? "holds" : "does not hold");
    details.push(detailText("condition", text, values, matched, reason));
  }
  return listText(details);
}

/** Both names of each fact: the one the original sends, and the one its front end reads. */
// Why no object: there is one of these for every field of every rule of every check.
function detailText(
  key: string,
  expected: Value,
  actual: Value,
  matched: boolean,
  reason: string,
): string {
  const keyText = JSON.stringify(key);
  const expectedText = JSON.stringify(expected);
  const actualText = actual === expected ? expectedText : JSON.stringify(actual);
  return (
    `{"condition_key":${keyText},"expected_value":${expectedText},"actual_value":${actualText},` +
    `"field":${keyText},"expected":${expectedText},"actual":${actualText},` +
    `"matched":${String(matched)},"reason":${JSON.stringify(reason)}}`
  );
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
