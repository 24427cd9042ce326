import type { CombiningAlgorithm, Policy, Rule } from "../policy.js";
import { policyTypeRow } from "../policy-types.js";
import { compareIds } from "../snapshot.js";
import type { ComparisonBudget, LintFinding, LintInput } from "./finding.js";
import { createTargetBuckets, type TargetBuckets } from "./target-buckets.js";
import { canMeet, type Constraint, constraintsOf, covers } from "./target-relation.js";

interface PlacedRule {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly constraints: readonly Constraint[];
}

/** After so many comparisons others have their turn: well under a millisecond. */
const COMPARISONS_OF_A_STEP = 256;

/** Rules that an earlier one always answers before, where the first rule that applies decides. */
export function* shadowedRules({
  policies,
  comparisons,
}: LintInput): Iterable<LintFinding | undefined> {
  for (const ofType of byType(policies).values()) {
    const typeIsFirst = isFirstApplicable(undefined, ofType[0]?.type ?? "");
    const above = createTargetBuckets<PlacedRule>();
    for (const tier of groupBy(ofType, ({ priority }) => priority).values()) {
      const ofTier: PlacedRule[] = [];
      for (const policy of tier) {
        const policyIsFirst = isFirstApplicable(policy.combining, policy.type);
        const own = createTargetBuckets<PlacedRule>();
        for (const placed of placedRules(policy)) {
          yield undefined;
          const shadow =
            (yield* coveringRule(placed, above, comparisons)) ??
            (yield* coveringRule(placed, own, comparisons));
          if (shadow !== undefined) yield shadowFinding(placed, shadow);
          if (!decides(placed.rule)) continue;
          if (policyIsFirst) own.add(placed.constraints, placed);
          if (typeIsFirst) ofTier.push(placed);
        }
      }
      // Policies of equal priority stand beside each other: none comes before another.
      for (const placed of ofTier) {
        yield undefined;
        above.add(placed.constraints, placed);
      }
    }
  }
}

function* coveringRule(
  { constraints }: PlacedRule,
  earlier: TargetBuckets<PlacedRule>,
  comparisons: ComparisonBudget,
): Generator<undefined, PlacedRule | undefined> {
  let compared = 0;
  for (const candidate of earlier.mayCover(constraints)) {
    if (!comparisons.spend()) return undefined;
    if (++compared % COMPARISONS_OF_A_STEP === 0) yield undefined;
    if (covers(candidate.constraints, constraints)) return candidate;
  }
  return undefined;
}

function shadowFinding({ policy, rule }: PlacedRule, by: PlacedRule): LintFinding {
  const where = by.policy === policy ? "" : ` of policy \`${by.policy.id}\` (a higher priority)`;
  return {
    ...{ policyId: policy.id, ruleIndex: rule.index, keys: [] },
    message: `never reached: rule \`${by.rule.id}\` (${by.rule.action})${where} answers every request that this one matches`,
    suggestion:
      by.rule.verbClass === rule.verbClass
        ? "remove it, or move it before the other"
        : "move it before the other, or narrow the other",
  };
}

/** Policies of one type and priority whose rules say the opposite of one request: deny wins. */
export function* equalPriorityConflicts({
  policies,
  comparisons,
}: LintInput): Iterable<LintFinding | undefined> {
  for (const tiers of byType(policies).values()) {
    const typeIsFirst = isFirstApplicable(undefined, tiers[0]?.type ?? "");
    // In the other types deny wins at any priority: odd is only an allow that never counts.
    const clashes = (deny: PlacedRule, allow: PlacedRule): boolean =>
      typeIsFirst
        ? canMeet(deny.constraints, allow.constraints)
        : deny.rule.condition === undefined && covers(deny.constraints, allow.constraints);
    for (const tier of groupBy(tiers, ({ priority }) => priority).values()) {
      if (tier.length > 1) yield* conflictsOfTier(tier, typeIsFirst, clashes, comparisons);
    }
  }
}

function* conflictsOfTier(
  tier: readonly Policy[],
  typeIsFirst: boolean,
  clashes: (deny: PlacedRule, allow: PlacedRule) => boolean,
  comparisons: ComparisonBudget,
): Iterable<LintFinding | undefined> {
  const denies = createTargetBuckets<PlacedRule>();
  const denying = new Set<Policy>();
  const allows: PlacedRule[] = [];
  for (const policy of tier) {
    for (const placed of placedRules(policy)) {
      yield undefined;
      if (placed.rule.verbClass === "allow") allows.push(placed);
      if (placed.rule.verbClass !== "deny") continue;
      denies.add(placed.constraints, placed);
      denying.add(policy);
    }
  }
  const told = new Map<Policy, Set<Policy>>();
  for (const allow of allows) {
    yield undefined;
    // A pair of policies is told of once, and a policy beside itself never.
    const itself = denying.has(allow.policy) ? [allow.policy] : [];
    const toldOf = told.get(allow.policy) ?? new Set(itself);
    told.set(allow.policy, toldOf);
    const found = typeIsFirst
      ? denies.mayMeet(allow.constraints)
      : denies.mayCover(allow.constraints);
    let compared = 0;
    for (const deny of found) {
      if (toldOf.size === denying.size) break;
      if (!comparisons.spend()) return;
      if (++compared % COMPARISONS_OF_A_STEP === 0) yield undefined;
      if (toldOf.has(deny.policy) || !clashes(deny, allow)) continue;
      toldOf.add(deny.policy);
      yield conflictFinding(allow, deny);
    }
  }
}

function conflictFinding({ policy, rule }: PlacedRule, deny: PlacedRule): LintFinding {
  const { priority } = policy;
  return {
    ...{ policyId: policy.id, ruleIndex: rule.index, keys: [] },
    message: `rule \`${deny.rule.id}\` (${deny.rule.action}) of policy \`${deny.policy.id}\` says the opposite at the same priority ${priority}: deny wins`,
    suggestion: "give one of the policies a higher priority, or narrow one of the rules",
  };
}

/** Whether the rule settles every request that its target matches. */
function decides({ verbClass, condition, unevaluable }: Rule): boolean {
  const takesPart = verbClass === "allow" || verbClass === "deny";
  return takesPart && condition === undefined && unevaluable === undefined;
}

function* placedRules(policy: Policy): Iterable<PlacedRule> {
  for (const rule of policy.rules) {
    if (rule.enabled) yield { policy, rule, constraints: constraintsOf(rule.target) };
  }
}

function isFirstApplicable(combining: CombiningAlgorithm | undefined, type: string): boolean {
  return (combining ?? policyTypeRow(type).combining) === "first-applicable";
}

/** Enabled policies of each type, by priority descending, then id. */
function byType(policies: readonly Policy[]): ReadonlyMap<string, readonly Policy[]> {
  const enabled = policies
    .filter((policy) => policy.enabled)
    .sort((left, right) => right.priority - left.priority || compareIds(left.id, right.id));
  return groupBy(enabled, ({ type }) => type);
}

function groupBy<Key>(
  policies: readonly Policy[],
  keyOf: (policy: Policy) => Key,
): ReadonlyMap<Key, readonly Policy[]> {
  const groups = new Map<Key, Policy[]>();
  for (const policy of policies) {
    const key = keyOf(policy);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [policy]);
    else group.push(policy);
  }
  return groups;
}
