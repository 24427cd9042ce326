import type { Expression } from "./condition.js";
import type { RuleRef } from "./decision.js";
import { conditionNames, conditionResolver, evaluateCondition } from "./evaluate-condition.js";
import type { Policy, Rule } from "./policy.js";
import { ruleRef } from "./rule-ref.js";
import { compareIds, type PolicySnapshot } from "./snapshot.js";
import { isClientName, trustAttributes } from "./trust-attributes.js";
import type { TrustReading } from "./trust/trust-reading.js";
import {
  DEFAULT_NEWCOMER_WEIGHT,
  exclusionBelow,
  reductionBelow,
  type StateRuleOptions,
  type TrustCondition,
  type TrustRules,
} from "./trust/trust-rules.js";
import { lookUp, orderingNumber, ownValue, type ValueMap } from "./values.js";

const TRUST_TYPES = ["trust_reputation", "security"];
export const EXCLUDE = "exclude_client";
export const REDUCE = "weight_reduction";
export const WEIGHT = "weight_multiplier";
/** Of a `weight_reduction` that names none. */
const DEFAULT_WEIGHT = 0.5;

/** A trust rule of the active set. */
export interface TrustRule {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly ref: RuleRef;
  /** Whether it moves the state of clients instead of answering each request by itself. */
  readonly drivesState: boolean;
  /**
   * What its answer follows from. `state`: from the client's state alone, and it cannot err. `client`:
   * besides, it may err, on what the engine knows of the client. `request`: it is asked each time.
   */
  readonly dependsOn: "state" | "client" | "request";
}

/** A rule that drives states, as plain data: what is kept of it beside a closed round. */
export interface StateRuleText {
  readonly ref: RuleRef;
  readonly text: string;
  readonly expression: Expression;
  readonly parameters: ValueMap;
}

/** Everything that states depend on besides observations, as plain data. */
export interface TrustRulesText {
  readonly rules: readonly StateRuleText[];
  readonly newcomerWeight: number;
  /** Absent: half of the selected, and at least 2. */
  readonly minCohort?: number;
}

/**
 * The trust rules of the enabled policies, priority descending, then policy id, then position: those of
 * type `trust_reputation` and `security` that have a trust verb or read what is known of a client.
 */
export function trustRulesOf(snapshot: PolicySnapshot): readonly TrustRule[] {
  const found = known.get(snapshot) ?? findTrustRules(snapshot);
  known.set(snapshot, found);
  return found;
}

/** A set is asked again and again, and never changes. */
const known = new WeakMap<PolicySnapshot, readonly TrustRule[]>();

function findTrustRules(snapshot: PolicySnapshot): readonly TrustRule[] {
  const policies = TRUST_TYPES.flatMap((type) => snapshot.policiesByType.get(type)?.policies ?? []);
  return policies
    .toSorted((left, right) => right.priority - left.priority || compareIds(left.id, right.id))
    .flatMap((policy) =>
      policy.rules
        .filter((rule) => rule.enabled && rule.isTrustRule)
        .map((rule) => ({
          ...{ policy, rule, ref: ruleRef(policy, rule) },
          drivesState: drivesState(rule),
          dependsOn: dependenceOf(rule),
        })),
    );
}

/** No `match` fields, and a condition that reads nothing but the client's trust and parameters. */
export function drivesState({
  action,
  target,
  condition,
  parameters,
}: Pick<Rule, "action" | "target" | "condition" | "parameters">): boolean {
  if (action !== EXCLUDE && action !== REDUCE) return false;
  if (target.length > 0 || !condition) return false;
  return conditionNames(condition.expression).every(
    (path) =>
      lookUp(parameters, path) !== undefined ||
      path[0] === "client" ||
      path.join(".") === "trust_score_change",
  );
}

function dependenceOf(rule: Rule): TrustRule["dependsOn"] {
  const { condition, parameters } = rule;
  if (!condition || !drivesState(rule)) return "request";
  const { expression } = condition;
  if (scoreThreshold(expression, parameters)) return "state";
  const isKnown = conditionNames(expression).every(
    (path) => lookUp(parameters, path) !== undefined || isClientName(path),
  );
  return isKnown ? "client" : "request";
}

export function stateRuleTexts(rules: readonly TrustRule[]): readonly StateRuleText[] {
  return rules.flatMap(({ rule, ref, drivesState: drives }) => {
    const { condition, parameters } = rule;
    if (!drives || !condition) return [];
    return [{ ref, text: condition.text, expression: condition.expression, parameters }];
  });
}

/** The rules as the computation of trust takes them. @param hash - Names `text` for good. */
export function trustRulesFrom(text: TrustRulesText, hash: string): TrustRules {
  const ofVerb = (verb: string) => text.rules.filter(({ ref }) => ref.action === verb);
  return {
    hash,
    exclusions: ofVerb(EXCLUDE).map((rule) => {
      const { threshold, options } = thresholdOf(rule);
      return { ...exclusionBelow(threshold ?? 0, options), ...conditionUnless(threshold, rule) };
    }),
    reductions: ofVerb(REDUCE).map((rule) => {
      const { threshold, options } = thresholdOf(rule);
      const reduction = reductionBelow(threshold ?? 0, weightOf(rule.parameters), options);
      return { ...reduction, ...conditionUnless(threshold, rule) };
    }),
    newcomerWeight: text.newcomerWeight,
    ...(text.minCohort !== undefined && { minCohort: text.minCohort }),
  };
}

export const NO_TRUST_RULES: TrustRulesText = {
  rules: [],
  newcomerWeight: DEFAULT_NEWCOMER_WEIGHT,
};

/** Whether a rule that drives states holds for what is known now. A condition that errs does not. */
export function stateRuleHolds(
  { expression, parameters }: Pick<StateRuleText, "expression" | "parameters">,
  reading: TrustReading,
): boolean {
  const resolve = conditionResolver(parameters, trustAttributes(reading));
  return evaluateCondition(expression, resolve).outcome === "true";
}

function conditionUnless(
  threshold: number | undefined,
  rule: StateRuleText,
): { readonly condition?: TrustCondition } {
  if (threshold !== undefined) return {};
  return {
    condition: { kind: "condition", holds: (reading) => stateRuleHolds(rule, reading) },
  };
}

function thresholdOf({ expression, parameters }: StateRuleText): {
  readonly threshold: number | undefined;
  readonly options: StateRuleOptions;
} {
  const found = scoreThreshold(expression, parameters);
  const number = (name: string): number | undefined =>
    orderingNumber(ownValue(parameters, name) ?? null);
  return {
    threshold: found?.threshold,
    options: {
      exit: number("exit"),
      roundsIn: number("rounds_in"),
      roundsOut: number("rounds_out"),
      dwellRounds: number("dwell"),
      orEqual: found?.orEqual,
    },
  };
}

/** The number of `client.trust_score < number`, however it is written; undefined for another condition. */
export function scoreThreshold(
  expression: Expression,
  parameters: ValueMap,
): { readonly threshold: number; readonly orEqual: boolean } | undefined {
  if (expression.kind !== "binary") return undefined;
  const { operator, left, right } = expression;
  const isBelow = operator === "<" || operator === "<=";
  const isAbove = operator === ">" || operator === ">=";
  if (!isBelow && !isAbove) return undefined;
  const [score, bound] = isBelow ? [left, right] : [right, left];
  if (score.kind !== "name" || score.path.join(".") !== "client.trust_score") return undefined;
  const threshold = numberOf(bound, parameters);
  if (threshold === undefined) return undefined;
  return { threshold, orEqual: operator.length === 2 };
}

function numberOf(expression: Expression, parameters: ValueMap): number | undefined {
  if (expression.kind === "literal") {
    return typeof expression.value === "number" ? expression.value : undefined;
  }
  if (expression.kind !== "name") return undefined;
  const value = lookUp(parameters, expression.path);
  return typeof value === "number" ? value : undefined;
}

/** What a `weight_reduction` multiplies by: from 0 to 1. */
export function weightOf(parameters: ValueMap): number {
  const weight = orderingNumber(ownValue(parameters, WEIGHT) ?? null);
  return weight === undefined ? DEFAULT_WEIGHT : Math.min(1, Math.max(0, weight));
}
