import { trustInterval } from "./accumulator.js";
import type { ClientRecord } from "./client-record.js";
import type { TrustModel } from "./trust-model.js";
import type { TrustReading, TrustState } from "./trust-reading.js";
import {
  DEFAULT_TRUST_RULES,
  type ExclusionRule,
  type ReductionRule,
  type StateRule,
  type TrustRules,
} from "./trust-rules.js";

/** One round of one client, after its score. */
export interface RoundOfClient {
  readonly rules: TrustRules;
  readonly model: TrustModel;
  /** Whether an update came, so that the score of an excluded client was tried again. */
  readonly arrived: boolean;
  /** For conditions that read more than the score. */
  readonly reading: () => TrustReading;
}

/**
 * Counts for how many rounds in a row the rules hold and are left, and moves to the state that follows,
 * except to EXCLUDED: that is `excludeClient`'s, once it is known who else would be excluded.
 *
 * @returns Whether the client is to be excluded.
 */
export function stepState(client: ClientRecord, round: RoundOfClient): boolean {
  const { exclusions, reductions } = rulesForStates(round.rules);
  if (client.state === "EXCLUDED") {
    if (round.arrived) {
      const left = exclusions.every((rule) => isLeft(rule, client, round));
      client.roundsAboveExclusion = left ? client.roundsAboveExclusion + 1 : 0;
    }
    return false;
  }
  const holding = exclusions.filter((rule) => holds(rule, client, round));
  countExclusion(client, holding.length > 0);
  if (isToBeExcluded(client, holding, round.model)) return true;
  stepReduction(client, reductions, round);
  return false;
}

/** Without any trust rule, states are those of the documented thresholds. */
function rulesForStates(rules: TrustRules): TrustRules {
  const none = rules.exclusions.length + rules.reductions.length === 0;
  return none ? DEFAULT_TRUST_RULES : rules;
}

/** After a pardon only a round without recovery counts: else a low score would make it void. */
function countExclusion(client: ClientRecord, holding: boolean): void {
  if (!holding) client.pardoned = false;
  const counts = holding && !(client.pardoned && client.delta > 0);
  client.roundsBelowExclusion = counts ? client.roundsBelowExclusion + 1 : 0;
}

function isToBeExcluded(
  client: ClientRecord,
  holding: readonly ExclusionRule[],
  model: TrustModel,
): boolean {
  if (client.mustExclude) return true;
  if (holding.some(({ roundsIn }) => client.roundsBelowExclusion >= roundsIn)) return true;
  if (client.pardoned || holding.length === 0) return false;
  const { upper } = trustInterval(client, model);
  return holding.some(
    ({ condition }) => condition.kind === "score_below" && upper < condition.threshold,
  );
}

function stepReduction(
  client: ClientRecord,
  reductions: readonly ReductionRule[],
  round: RoundOfClient,
): void {
  const holding = reductions.filter((rule) => holds(rule, client, round));
  client.roundsBelowReduction = holding.length > 0 ? client.roundsBelowReduction + 1 : 0;
  const left = reductions.every((rule) => isLeft(rule, client, round));
  client.roundsAboveReduction = left ? client.roundsAboveReduction + 1 : 0;
  if (client.state === "PROBATION") {
    const { probationRounds } = round.model.parameters;
    if (client.roundsObserved >= probationRounds && holding.length === 0) client.state = "ACTIVE";
  } else if (client.state === "ACTIVE") {
    if (holding.some(({ roundsIn }) => client.roundsBelowReduction >= roundsIn)) reduce(client);
  } else if (client.roundsAboveReduction >= roundsOutOf(reductions)) {
    client.state = "ACTIVE";
  }
}

function holds({ condition }: StateRule, client: ClientRecord, round: RoundOfClient): boolean {
  if (condition.kind === "condition") return condition.holds(round.reading());
  return isBelow(condition, client.score);
}

/** Whether a rule holds for what is known of a client, whatever its state. */
export function holdsFor({ condition }: StateRule, reading: TrustReading): boolean {
  if (condition.kind === "condition") return condition.holds(reading);
  return isBelow(condition, reading.trustScore);
}

function isBelow(
  { threshold, orEqual }: Extract<StateRule["condition"], { readonly kind: "score_below" }>,
  score: number,
): boolean {
  return score < threshold || (orEqual && score === threshold);
}

/** Whether a rule that compares the score holds at this one; no other rule does. */
export function holdsAtScore({ condition }: StateRule, score: number): boolean {
  return condition.kind === "score_below" && isBelow(condition, score);
}

function isLeft(rule: StateRule, client: ClientRecord, round: RoundOfClient): boolean {
  const { condition } = rule;
  if (condition.kind === "condition") return !holds(rule, client, round);
  return client.score >= condition.exit;
}

/** Rules may have been withdrawn since: then the default says how long. */
function roundsOutOf(rules: readonly StateRule[]): number {
  return Math.max(...(rules.length > 0 ? rules : [DEFAULT]).map(({ roundsOut }) => roundsOut));
}

const DEFAULT = { roundsOut: 3, dwellRounds: 10 };

/** Out for the rules' number of rounds, twice as long each time. */
export function excludeClient(client: ClientRecord, rules: TrustRules): void {
  const { exclusions } = rulesForStates(rules);
  const longest = (exclusions.length > 0 ? exclusions : [DEFAULT]).map((rule) => rule.dwellRounds);
  client.dwell = Math.max(...longest) * 2 ** client.exclusions;
  client.exclusions += 1;
  client.roundsBelowExclusion = 0;
  client.roundsAboveExclusion = 0;
  client.mustExclude = false;
  client.state = "EXCLUDED";
}

/** One closed round of a run that ever selected this EXCLUDED client. */
export function stepDwell(client: ClientRecord, rules: TrustRules): void {
  client.dwell -= 1;
  if (client.dwell > 0) return;
  const { exclusions } = rulesForStates(rules);
  if (client.roundsAboveExclusion >= roundsOutOf(exclusions)) reduce(client);
}

/** An operator lets an EXCLUDED client in again. The score stays. */
export function pardonClient(client: ClientRecord): void {
  if (client.state !== "EXCLUDED") return;
  client.pardoned = true;
  reduce(client);
}

function reduce(client: ClientRecord): void {
  client.state = "REDUCED";
  client.roundsAboveReduction = 0;
}

/**
 * What the aggregation weight is to be multiplied by. Of several reductions the smallest that holds; if
 * REDUCED outlasts them all, the mildest. In PROBATION the newcomer's weight, or less where a reduction
 * of `rules` holds.
 *
 * @param rules - In force now.
 */
export function weightMultiplier(
  state: TrustState,
  rules: TrustRules,
  isHolding: (rule: StateRule) => boolean,
): number {
  switch (state) {
    case "EXCLUDED":
      return 0;
    case "PROBATION": {
      const holding = rules.reductions.filter(isHolding);
      return Math.min(rules.newcomerWeight, ...holding.map((rule) => rule.weightMultiplier));
    }
    case "ACTIVE":
      return 1;
    case "REDUCED": {
      const known = rulesForStates(rules).reductions;
      // Who comes back from EXCLUDED is REDUCED even where no rule reduces.
      const reductions = known.length > 0 ? known : DEFAULT_TRUST_RULES.reductions;
      const holding = reductions.filter(isHolding);
      const weights = reductions.map((rule) => rule.weightMultiplier);
      if (holding.length > 0) return Math.min(...holding.map((rule) => rule.weightMultiplier));
      return Math.max(...weights);
    }
  }
}
