import type { Condition } from "./condition.js";
import type {
  ConditionTrace,
  Explanation,
  FieldTrace,
  PolicyTrace,
  RuleTrace,
  TracedOutcome,
} from "./decision.js";
import { conditionNames, conditionResolver, evaluateCondition } from "./evaluate-condition.js";
import type { PolicyEvaluation } from "./evaluate-policy.js";
import type { Policy, Rule } from "./policy.js";
import type { ReferenceEvaluation } from "./reference-evaluator.js";
import type { AccessRequest } from "./request.js";
import { ruleRef } from "./rule-ref.js";
import { missedFields, traceTarget } from "./target.js";
import type { Value, ValueMap } from "./values.js";

/** More would not be read, and could be made to fill memory. */
export const MAX_RULE_TRACES = 200;

/**
 * What `evaluation` found, rule by rule. Where there are more than 200 rules, those that applied come
 * first, then those that erred, then the nearest misses (fewest fields that did not hold), then those
 * that were not reached. Policies and rules stand in the order of the walk. Rules that are switched
 * off are left out.
 */
export function explain(evaluation: ReferenceEvaluation, request: AccessRequest): Explanation {
  const candidates = [
    ...evaluation.reached.flatMap(reachedCandidates),
    ...evaluation.notReached.flatMap((policy) => notReached(policy, policy.rules)),
  ];
  const shown = candidates.length <= MAX_RULE_TRACES ? candidates : nearest(candidates, request);
  const applicable = new Set(
    evaluation.reached
      .filter(({ outcome }) => outcome !== "not_applicable")
      .map(({ policy }) => policy),
  );
  return {
    policies: byPolicy(shown).map(([policy, rules]): PolicyTrace => ({
      policyId: policy.id,
      policyType: policy.type,
      priority: policy.priority,
      applicable: applicable.has(policy),
      rules: rules.map((candidate) => traceRule(candidate, request)),
    })),
  };
}

interface Candidate {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly outcome: TracedOutcome;
}

/** The 200 that were nearest to having a say, in the order of the walk. */
function nearest(candidates: readonly Candidate[], request: AccessRequest): readonly Candidate[] {
  const chosen = new Set(
    candidates
      .map((candidate) => ({ candidate, distance: distanceOf(candidate, request) }))
      .sort((left, right) => left.distance - right.distance) // Stable: ties keep the walk's order.
      .slice(0, MAX_RULE_TRACES)
      .map(({ candidate }) => candidate),
  );
  return candidates.filter((candidate) => chosen.has(candidate));
}

/** How far a rule was from having a say: 0 applied, 1 erred, then 2 and up. */
function distanceOf({ outcome, rule }: Candidate, request: AccessRequest): number {
  switch (outcome) {
    case "applied":
      return 0;
    case "error":
      return 1;
    case "not_applicable":
      return 2 + missedFields(rule.target, request);
    case "not_reached":
      return Number.MAX_SAFE_INTEGER;
  }
}

function reachedCandidates(evaluation: PolicyEvaluation): Candidate[] {
  const { policy, reachedRules } = evaluation;
  const applied = new Set(evaluation.applied);
  const erring = new Set(evaluation.erring.map(({ rule }) => rule));
  return [
    ...policy.rules
      .slice(0, reachedRules)
      .filter((rule) => rule.enabled)
      .map((rule): Candidate => {
        if (applied.has(rule)) return { policy, rule, outcome: "applied" };
        if (erring.has(rule)) return { policy, rule, outcome: "error" };
        return { policy, rule, outcome: "not_applicable" };
      }),
    ...notReached(policy, policy.rules.slice(reachedRules)),
  ];
}

function notReached(policy: Policy, rules: readonly Rule[]): Candidate[] {
  return rules
    .filter((rule) => rule.enabled)
    .map((rule) => ({ policy, rule, outcome: "not_reached" }));
}

function byPolicy(candidates: readonly Candidate[]): [Policy, Candidate[]][] {
  const grouped = new Map<Policy, Candidate[]>();
  for (const candidate of candidates) {
    const group = grouped.get(candidate.policy);
    if (group) group.push(candidate);
    else grouped.set(candidate.policy, [candidate]);
  }
  return [...grouped];
}

function traceRule({ policy, rule, outcome }: Candidate, request: AccessRequest): RuleTrace {
  const fields: readonly FieldTrace[] =
    outcome === "not_reached" ? [] : traceTarget(rule.target, request);
  const asked = outcome !== "not_reached" && fields.every((field) => field.matched);
  return {
    rule: ruleRef(policy, rule),
    outcome,
    fields,
    ...(asked && rule.condition && { condition: traceCondition(rule.condition, rule, request) }),
  };
}

/** What the condition yields and what it read. */
export function traceCondition(
  condition: Condition,
  rule: Rule,
  request: AccessRequest,
): ConditionTrace {
  const resolve = conditionResolver(rule.parameters, request.attributes);
  const result = evaluateCondition(condition.expression, resolve);
  const values = Object.create(null) as Record<string, Value>;
  for (const path of conditionNames(condition.expression)) {
    const value = resolve(path);
    if (value !== undefined) values[path.join(".")] = value;
  }
  return {
    text: condition.text,
    outcome: result.outcome,
    values: values satisfies ValueMap,
    ...(result.outcome === "error" && { error: result.message }),
  };
}
