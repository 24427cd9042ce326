import type { Outcome } from "./combining.js";
import type { ClientStanding, RuleError, RuleRef } from "./decision.js";
import type { PolicyEvaluation } from "./evaluate-policy.js";
import { scoreThreshold, type TrustRule } from "./trust-policy.js";

/**
 * Of the rules that exclude, those whose threshold the score is below; where it is below none, because
 * the client is not admitted again yet or a violation excluded it, all.
 */
export function responsible(
  excluding: readonly TrustRule[],
  { trustScore }: ClientStanding,
): readonly TrustRule[] {
  const holding = excluding.filter((one) => holdsAt(boundOf(one), trustScore) ?? true);
  return holding.length > 0 ? holding : excluding;
}

/** What the score is compared with; undefined where a rule asks something else. */
function boundOf({ rule: { condition, parameters } }: TrustRule): Bound | undefined {
  return condition && scoreThreshold(condition.expression, parameters);
}

type Bound = NonNullable<ReturnType<typeof scoreThreshold>>;

function holdsAt(bound: Bound | undefined, score: number): boolean | undefined {
  return bound && (score < bound.threshold || (bound.orEqual && score === bound.threshold));
}

/** Why an EXCLUDED client is denied: score, threshold and rule. */
export function excludedReason(
  { trustScore }: ClientStanding,
  excluding: TrustRule | undefined,
): string {
  const score = `trust score ${scoreText(trustScore)}`;
  const who = "the client is excluded";
  if (!excluding) return `${who}: ${score}`;
  const { rule, ref } = excluding;
  const bound = boundOf(excluding);
  const why = bound
    ? `threshold ${bound.threshold}${holdsAt(bound, trustScore) ? "" : " (and excluded until it is admitted again)"}`
    : `\`${rule.condition?.text ?? ""}\``;
  return `${who}: ${score}, ${why}, rule ${ruleText(ref)}`;
}

/** Why a client is denied that is not EXCLUDED. */
export function reasonOf(
  standing: ClientStanding,
  found: {
    readonly outcome: Outcome;
    readonly evaluation: PolicyEvaluation | undefined;
    readonly determiningRules: readonly RuleRef[];
    readonly erringRules: readonly RuleError[];
  },
): string {
  const { outcome, evaluation, determiningRules, erringRules } = found;
  const [ref] = determiningRules;
  if (ref && outcome === "error") return erredReason(ref, erringRules);
  if (ref && evaluation) return deniedReason(standing, evaluation, ref);
  return `the client has trust score ${scoreText(standing.trustScore)}`;
}

function deniedReason(
  { trustScore }: ClientStanding,
  { determining: [rule] }: PolicyEvaluation,
  ref: RuleRef,
): string {
  const condition = rule?.condition ? `, \`${rule.condition.text}\`` : "";
  return `the client is not trusted: trust score ${scoreText(trustScore)}${condition}, rule ${ruleText(ref)}`;
}

function erredReason(ref: RuleRef, erringRules: readonly RuleError[]): string {
  const error = erringRules.find(({ rule }) => isSameRule(rule, ref));
  return `denied because rule ${ruleText(ref)} could not be evaluated for the client: ${error?.message ?? "it erred"}`;
}

function scoreText(score: number): string {
  return score.toFixed(3);
}

function ruleText({ ruleId, action, policyId }: RuleRef): string {
  return `\`${ruleId}\` (${action}) of policy \`${policyId}\``;
}

export function isSameRule(one: RuleRef, other: RuleRef): boolean {
  return one.policyId === other.policyId && one.ruleIndex === other.ruleIndex;
}
