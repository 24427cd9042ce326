import { denyOverrides, type Outcome } from "./combining.js";
import type { ClientStanding, Decision, Obligation, RuleError, RuleRef } from "./decision.js";
import { evaluatePolicy, type PolicyEvaluation } from "./evaluate-policy.js";
import { candidateOutcome, isCandidate } from "./evaluate-rule.js";
import { obligationsOf } from "./obligations.js";
import type { Policy, Rule } from "./policy.js";
import { TRUST_ROW } from "./policy-types.js";
import type { AccessRequest } from "./request.js";
import { ruleRef } from "./rule-ref.js";
import { EXCLUDE, REDUCE, type TrustRule, WEIGHT } from "./trust-policy.js";
import { excludedReason, isSameRule, reasonOf, responsible } from "./trust-reason.js";
import type { ValueMap } from "./values.js";

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
  if (rules.length === 0) return decision;
  const kinds = kindsOf(rules);
  if (asksRequest(kinds, request, standing)) return judged(decision, rules, request, standing);
  if (standing.state === "ACTIVE" && kinds.stateIsAll) return decision; // Nearly every connection.
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
// check to the next: it is put in words once. What a condition reads of the client is as old as its
// standing, so that whether it errs stays the same too.
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

/** What the rules of one set have to be asked, found once. */
interface RuleKinds {
  /** Those whose answer is not in the client's state: they are asked about what their target matches. */
  readonly asked: readonly TrustRule[];
  /** Whether one of the others may err on what the request says. */
  readonly othersReadRequest: boolean;
  /** Whether the others neither read anything but the state nor err. */
  readonly stateIsAll: boolean;
}

const kindsByRules = new WeakMap<readonly TrustRule[], RuleKinds>();

function kindsOf(rules: readonly TrustRule[]): RuleKinds {
  let kinds = kindsByRules.get(rules);
  if (!kinds) {
    const others = rules.filter(({ drivesState }) => drivesState);
    kinds = {
      asked: rules.filter(({ drivesState }) => !drivesState),
      othersReadRequest: others.some(({ dependsOn }) => dependsOn === "request"),
      stateIsAll: others.every(({ dependsOn }) => dependsOn === "state"),
    };
    kindsByRules.set(rules, kinds);
  }
  return kinds;
}

/** Whether the verdict may follow from more than the client's standing. */
function asksRequest(
  { asked, othersReadRequest }: RuleKinds,
  request: AccessRequest,
  { isLiteral }: ClientStanding,
): boolean {
  if (isLiteral || othersReadRequest) return true;
  for (const { rule } of asked) if (isCandidate(rule, request)) return true;
  return false;
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
  const erring = byState.flatMap((rule) => stateRuleErrors(rule, request));
  const failing = erring.filter(({ counts }) => counts);
  const excluding = excluded
    ? responsible(
        byState.filter(
          (rule) => excludes(rule) && !erring.some(({ error }) => error.rule === rule.ref),
        ),
        standing,
      )
    : [];
  const isExcluded = excluded && byState.length > 0;
  const outcome = denyOverrides([
    ...evaluations.map((evaluation) => evaluation.outcome),
    ...(isExcluded ? ["deny" as const] : []),
    ...(failing.length > 0 ? ["error" as const] : []),
  ]);
  const counted = evaluations.filter((evaluation) => evaluation.outcome === outcome);
  const determiningRefs = [
    ...excluding.map(({ ref }) => ref),
    ...(outcome === "error" ? failing.map(({ error }) => error.rule) : []),
    ...counted.flatMap(({ policy, determining }) =>
      determining.map((rule) => ruleRef(policy, rule)),
    ),
  ];
  const weighs = !isExcluded && standing.weightMultiplier < 1;
  const weighing = weighs ? (byState.find(reduces) ?? byState[0]) : undefined;
  const obligations = obligationsOf(evaluations);
  const determiningRules = inOrder(determiningRefs, rules, (ref) => ref);
  const errors = [...erring.map(({ error }) => error), ...ruleErrors(evaluations)];
  const erringRules = inOrder(errors, rules, ({ rule }) => rule);
  return {
    outcome,
    reason: isExcluded
      ? excludedReason(standing, excluding[0])
      : reasonOf(standing, { outcome, evaluation: counted[0], determiningRules, erringRules }),
    determiningRules,
    erringRules,
    obligations: weighing ? [...obligations, weightObligation(weighing, standing)] : obligations,
    weightMultiplier: smallestWeight(obligations, weighing && standing.weightMultiplier),
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

/** A rule whose answer is in the client's state, and that could not be evaluated for it now. */
function stateRuleErrors(
  { policy, rule, ref, dependsOn }: TrustRule,
  request: AccessRequest,
): readonly { readonly error: RuleError; readonly counts: boolean }[] {
  if (dependsOn === "state") return [];
  const outcome = candidateOutcome(rule, request);
  if (outcome.kind !== "error") return [];
  const { message, missingAttributes } = outcome;
  const onError = policy.onError ?? TRUST_ROW.onError;
  const counts = rule.verbClass === "deny" && onError === "deny";
  return [{ error: { rule: ref, message, missingAttributes }, counts }];
}

function ruleErrors(evaluations: readonly PolicyEvaluation[]): readonly RuleError[] {
  return evaluations.flatMap(({ policy, erring }) =>
    erring.map(({ rule, message, missingAttributes }) => ({
      rule: ruleRef(policy, rule),
      message,
      missingAttributes,
    })),
  );
}

/** Those that are asked each time among those that are not, as in `rules`. */
function inOrder<Item>(
  items: readonly Item[],
  rules: readonly TrustRule[],
  refOf: (item: Item) => RuleRef,
): readonly Item[] {
  const place = (item: Item) => rules.findIndex(({ ref }) => isSameRule(ref, refOf(item)));
  return items.toSorted((left, right) => place(left) - place(right));
}

function excludes({ rule }: TrustRule): boolean {
  return rule.action === EXCLUDE;
}

function reduces({ rule }: TrustRule): boolean {
  return rule.action === REDUCE;
}

function weightObligation(
  { ref, rule }: TrustRule,
  { weightMultiplier }: ClientStanding,
): Obligation {
  const parameters = { ...rule.parameters, [WEIGHT]: weightMultiplier };
  return { rule: ref, action: REDUCE, parameters, advice: false };
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
