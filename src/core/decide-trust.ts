import { denyOverrides, type Outcome } from "./combining.js";
import type { ClientStanding, Decision, Obligation, RuleError, RuleRef } from "./decision.js";
import { evaluatePolicy, type PolicyEvaluation } from "./evaluate-policy.js";
import { isCandidate } from "./evaluate-rule.js";
import { obligationsOf } from "./obligations.js";
import type { Policy, Rule } from "./policy.js";
import { TRUST_ROW } from "./policy-types.js";
import type { AccessRequest } from "./request.js";
import { ruleRef } from "./rule-ref.js";
import { scoreThreshold, type TrustRule } from "./trust-policy.js";
import type { ValueMap } from "./values.js";

const WEIGHT = "weight_multiplier";

/** What the trust rules say of a connection. */
interface TrustVerdict {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly determiningRules: readonly RuleRef[];
  readonly erringRules: readonly RuleError[];
  readonly obligations: readonly Obligation[];
  readonly weightMultiplier: number | undefined;
}

/**
 * `decision` on a connection with what the trust rules say of its client. A denial is not weakened, and
 * both are reported.
 */
export function withTrustRules(
  decision: Decision,
  rules: readonly TrustRule[],
  request: AccessRequest,
  standing: ClientStanding,
): Decision {
  if (asksNothing(rules, standing)) return decision;
  if (asksRequest(rules, standing)) return judged(decision, rules, request, standing);
  let known = byStanding.get(standing);
  if (known?.rules !== rules) {
    known = { rules, decisions: new WeakMap() };
    byStanding.set(standing, known);
  }
  let decided = known.decisions.get(decision);
  if (!decided) {
    decided = judged(decision, rules, request, standing);
    known.decisions.set(decision, decided);
  }
  return decided;
}

// Where no rule is asked about the request, all follows from three things that stay the same from one
// check to the next: it is put in words once.
const byStanding = new WeakMap<
  ClientStanding,
  { readonly rules: readonly TrustRule[]; readonly decisions: WeakMap<Decision, Decision> }
>();

function judged(
  decision: Decision,
  rules: readonly TrustRule[],
  request: AccessRequest,
  standing: ClientStanding,
): Decision {
  const verdict = verdictOf(rules, request, standing);
  const erringRules = joined(decision.erringRules, verdict.erringRules);
  const obligations = joined(decision.obligations, verdict.obligations);
  const parameters = weighed(decision.parameters, verdict);
  const denies = verdict.outcome === "deny" || verdict.outcome === "error";
  const base = {
    ...{ ...decision, erringRules, obligations },
    ...(parameters && { parameters }),
  };
  if (!denies) return base;
  if (!decision.allowed) {
    return {
      ...base,
      reason: `${decision.reason}; besides, ${verdict.reason}`,
      determiningRules: joined(decision.determiningRules, verdict.determiningRules),
    };
  }
  return {
    ...base,
    allowed: false,
    denyKind: verdict.outcome === "error" ? "error" : "not_trusted",
    reason: verdict.reason,
    determiningRules: verdict.determiningRules,
  };
}

/** Nearly every connection: the client is trusted, and no rule is to be asked about the request. */
function asksNothing(rules: readonly TrustRule[], standing: ClientStanding): boolean {
  if (rules.length === 0) return true;
  return standing.state === "ACTIVE" && !asksRequest(rules, standing);
}

/** Whether any rule answers each request by itself, and not through the client's state. */
function asksRequest(rules: readonly TrustRule[], { isLiteral }: ClientStanding): boolean {
  return isLiteral || !rules.every(({ drivesState }) => drivesState);
}

function joined<Item>(one: readonly Item[], other: readonly Item[]): readonly Item[] {
  return other.length === 0 ? one : [...one, ...other];
}

function verdictOf(
  rules: readonly TrustRule[],
  request: AccessRequest,
  standing: ClientStanding,
): TrustVerdict {
  const { isLiteral } = standing;
  const excluded = standing.state === "EXCLUDED";
  const evaluations = evaluate(
    rules.filter(({ drivesState }) => isLiteral || !drivesState),
    request,
  );
  const byState = isLiteral ? [] : rules.filter(({ drivesState }) => drivesState);
  const excluding = excluded ? byState.filter(excludes) : [];
  const outcomes = evaluations.map(({ outcome }) => outcome);
  const isExcluded = excluding.length > 0 || (excluded && byState.length > 0);
  const outcome = denyOverrides(isExcluded ? [...outcomes, "deny"] : outcomes);
  const counted = evaluations.filter((evaluation) => evaluation.outcome === outcome);
  const determiningRules = [
    ...(outcome === "deny" ? excluding.map(({ ref }) => ref) : []),
    ...counted.flatMap(({ policy, determining }) =>
      determining.map((rule) => ruleRef(policy, rule)),
    ),
  ];
  const reductions = byState.filter(({ rule }) => rule.action === "weight_reduction");
  const weighs = !isExcluded && byState.length > 0 && standing.weightMultiplier < 1;
  const obligations = obligationsOf(evaluations);
  return {
    outcome,
    reason: isExcluded
      ? excludedReason(standing, excluding[0])
      : deniedReason(standing, outcome, counted[0], determiningRules[0]),
    determiningRules,
    erringRules: evaluations.flatMap(({ policy, erring }) =>
      erring.map(({ rule, message, missingAttributes }) => ({
        ...{ rule: ruleRef(policy, rule), message, missingAttributes },
      })),
    ),
    obligations: weighs
      ? [...obligations, weightObligation(reductions[0] ?? byState[0], standing)]
      : obligations,
    weightMultiplier: smallestWeight(obligations, weighs ? standing.weightMultiplier : undefined),
  };
}

function evaluate(rules: readonly TrustRule[], request: AccessRequest): PolicyEvaluation[] {
  const byPolicy = new Map<Policy, Rule[]>();
  for (const { policy, rule } of rules) {
    if (!isCandidate(rule, request)) continue;
    const candidates = byPolicy.get(policy);
    if (candidates) candidates.push(rule);
    else byPolicy.set(policy, [rule]);
  }
  return [...byPolicy].map(([policy, candidates]) =>
    evaluatePolicy({ policy, rules: candidates }, request, TRUST_ROW),
  );
}

function excludes({ rule }: TrustRule): boolean {
  return rule.action === "exclude_client";
}

function excludedReason({ trustScore }: ClientStanding, excluding: TrustRule | undefined): string {
  const score = `trust score ${scoreText(trustScore)}`;
  const who = "the client is excluded";
  if (!excluding) return `${who}: ${score}`;
  const { rule, ref } = excluding;
  const threshold =
    rule.condition && scoreThreshold(rule.condition.expression, rule.parameters)?.threshold;
  const bound =
    threshold === undefined
      ? `\`${rule.condition?.text ?? ""}\``
      : `threshold ${threshold}${trustScore < threshold ? "" : " (not yet long enough above it)"}`;
  return `${who}: ${score}, ${bound}, rule ${ruleText(ref)}`;
}

function deniedReason(
  { trustScore }: ClientStanding,
  outcome: Outcome,
  evaluation: PolicyEvaluation | undefined,
  ref: RuleRef | undefined,
): string {
  const who = "the client";
  const score = `trust score ${scoreText(trustScore)}`;
  if (!ref || !evaluation) return `${who} has ${score}`;
  if (outcome === "error") {
    const [error] = evaluation.erring;
    return `denied because rule ${ruleText(ref)} could not be evaluated for ${who}: ${error?.message ?? "it erred"}`;
  }
  const rule = evaluation.determining[0];
  const condition = rule?.condition ? `, \`${rule.condition.text}\`` : "";
  return `${who} is not trusted: ${score}${condition}, rule ${ruleText(ref)}`;
}

function scoreText(score: number): string {
  return score.toFixed(3);
}

function ruleText({ ruleId, action, policyId }: RuleRef): string {
  return `\`${ruleId}\` (${action}) of policy \`${policyId}\``;
}

function weightObligation(
  from: TrustRule | undefined,
  { weightMultiplier }: ClientStanding,
): Obligation {
  const ref = from?.ref ?? { policyId: "", ruleId: "", ruleIndex: 0, action: "weight_reduction" };
  const parameters = { ...from?.rule.parameters, [WEIGHT]: weightMultiplier };
  return { rule: ref, action: "weight_reduction", parameters, advice: false };
}

function smallestWeight(
  obligations: readonly Obligation[],
  ofState: number | undefined,
): number | undefined {
  const weights = obligations
    .filter(({ advice }) => !advice)
    .map(({ parameters }) => parameters[WEIGHT])
    .filter((weight) => typeof weight === "number");
  const all = ofState === undefined ? weights : [...weights, ofState];
  return all.length === 0 ? undefined : Math.min(...all);
}

function weighed(
  parameters: ValueMap | undefined,
  { weightMultiplier }: TrustVerdict,
): ValueMap | undefined {
  if (weightMultiplier === undefined) return parameters;
  const before = parameters?.[WEIGHT];
  const weight = typeof before === "number" ? Math.min(before, weightMultiplier) : weightMultiplier;
  return { ...parameters, [WEIGHT]: weight };
}
