import type { SimulatedFate, SimulatedRun } from "./simulate.js";

/** Means over all simulated federations; shares from 0 to 1, rounds from the start of the attack. */
export interface SimulationSummary {
  readonly runs: number;
  readonly attackers: number;
  readonly honest: number;
  /** Attackers that were excluded at some time. */
  readonly detected: number;
  /** NaN: none was. */
  readonly detectionMedianRounds: number;
  readonly detectionP90Rounds: number;
  readonly reducedMedianRounds: number;
  /** Honest clients that were excluded at some time. */
  readonly falseExclusion: number;
  /** Harmonic mean of the share detected and the share of exclusions that were right. */
  readonly f1: number;
  readonly influence: number;
  readonly influenceUndefended: number;
  readonly alertedAttackers: number;
  readonly alertedHonest: number;
  readonly trustOfAttackers: number;
  readonly trustOfHonest: number;
  /** Client ids that attackers used. */
  readonly identities: number;
}

export function summaryOf(runs: readonly SimulatedRun[]): SimulationSummary {
  const fates = runs.flatMap((run) => run.fates);
  const attackers = fates.filter(({ malicious }) => malicious);
  const honest = fates.filter(({ malicious }) => !malicious);
  const caught = attackers.filter(isExcluded);
  const wronged = honest.filter(isExcluded);
  const rounds = caught.flatMap(({ excludedAfter }) => excludedAfter ?? []);
  const reduced = attackers.flatMap(({ reducedAfter }) => reducedAfter ?? []);
  return {
    runs: runs.length,
    attackers: attackers.length / runs.length,
    honest: honest.length / runs.length,
    detected: caught.length / attackers.length,
    detectionMedianRounds: quantile(rounds, 0.5),
    detectionP90Rounds: quantile(rounds, 0.9),
    reducedMedianRounds: quantile(reduced, 0.5),
    falseExclusion: wronged.length / honest.length,
    f1: (2 * caught.length) / (attackers.length + caught.length + wronged.length),
    influence: mean(runs.map(({ influence }) => influence)),
    influenceUndefended: mean(runs.map(({ influenceUndefended }) => influenceUndefended)),
    alertedAttackers: shareOf(attackers, ({ alerted }) => alerted),
    alertedHonest: shareOf(honest, ({ alerted }) => alerted),
    trustOfAttackers: mean(attackers.map(({ trustAtEnd }) => trustAtEnd)),
    trustOfHonest: mean(honest.map(({ trustAtEnd }) => trustAtEnd)),
    identities: attackers.reduce((sum, { identities }) => sum + identities, 0) / runs.length,
  };
}

function isExcluded({ excludedAfter }: SimulatedFate): boolean {
  return excludedAfter !== undefined;
}

function shareOf<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.filter(is).length / all.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that so large a share of them does not exceed; NaN of none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
