import type { ClientRecord } from "./client-record.js";
import type { TrustModel } from "./trust-model.js";
import { FACTOR_NAMES } from "./trust-reading.js";

export const FACTORS = FACTOR_NAMES.length;
export const PARTICIPATION = 0;
export const QUALITY = 1;
export const CONSISTENCY = 2;
export const COMPLIANCE = 3;

/**
 * One evidence round of one factor: what was known fades by one step of the factor's own clock, and the
 * new evidence is added. Neither wall time nor the number of observations fades anything.
 *
 * @param good - Units of good evidence, at least 0: a sample x in [0, 1].
 * @param bad - Units of bad evidence, at least 0: 1 - x, or the masses of violations.
 * @see Jøsang and Ismail, "The Beta Reputation System", 15th Bled eCommerce Conference, 2002.
 */
export function addEvidence(
  client: ClientRecord,
  model: TrustModel,
  factor: number,
  good: number,
  bad: number,
): void {
  const badDecay = model.badDecays[factor] ?? 1;
  const badWeight = model.badWeights[factor] ?? 1;
  client.setEvidence(
    factor,
    client.good(factor) * model.goodDecay + good,
    client.bad(factor) * badDecay + badWeight * bad,
  );
}

/** The mean of one factor: in the open interval (0, 1), the prior without evidence. */
export function factorMean(client: ClientRecord, model: TrustModel, factor: number): number {
  const { priorWeight } = model.parameters;
  const good = client.good(factor);
  return (good + priorWeight * client.prior) / (good + client.bad(factor) + priorWeight);
}

/** Variance of the Beta distribution that the evidence of one factor makes. */
export function factorVariance(client: ClientRecord, model: TrustModel, factor: number): number {
  const mean = factorMean(client, model, factor);
  const units = client.good(factor) + client.bad(factor) + model.parameters.priorWeight;
  return (mean * (1 - mean)) / (units + 1);
}

/** The weighted sum of the factors, 0 to 1. */
export function trustScore(client: ClientRecord, model: TrustModel): number {
  let sum = 0;
  for (let factor = 0; factor < FACTORS; factor += 1) {
    sum += (model.weights[factor] ?? 0) * factorMean(client, model, factor);
  }
  return clamped(sum);
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** The 5 % and 95 % quantile of the score, by the normal approximation, within [0, 1]. */
export function trustInterval(client: ClientRecord, model: TrustModel): Interval {
  let variance = 0;
  for (let factor = 0; factor < FACTORS; factor += 1) {
    variance += (model.weights[factor] ?? 0) ** 2 * factorVariance(client, model, factor);
  }
  return intervalAround(client.score, variance, model);
}

export function factorInterval(client: ClientRecord, model: TrustModel, factor: number): Interval {
  const mean = factorMean(client, model, factor);
  return intervalAround(mean, factorVariance(client, model, factor), model);
}

function intervalAround(mean: number, variance: number, model: TrustModel): Interval {
  const half = model.parameters.intervalDeviations * Math.sqrt(variance);
  return { lower: clamped(mean - half), upper: clamped(mean + half) };
}

/** Within [0, 1]. */
export function clamped(value: number): number {
  return Math.min(1, Math.max(0, value));
}
