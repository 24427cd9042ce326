import { FACTOR_NAMES } from "./trust-reading.js";
import { DEFAULT_PARAMETERS, parameterProblems, type TrustParameters } from "./parameters.js";

export const TRUST_MODEL_NAMES = ["flopynet-coupled-1", "seed-literal-1"] as const;

export type TrustModelName = (typeof TRUST_MODEL_NAMES)[number];

export interface TrustModel {
  readonly name: TrustModelName;
  /** The name while all parameters have their defaults, else the name and what was changed. */
  readonly version: string;
  readonly parameters: TrustParameters;
  /**
   * Whether an update refused by the gate is besides no participation, no consistency and a
   * violation. Without that no attacker's score falls below 0.3.
   */
  readonly coupled: boolean;
  /** By factor, in the order of `FACTOR_NAMES`. */
  readonly weights: readonly number[];
  /** What good evidence is multiplied by at each evidence round. */
  readonly goodDecay: number;
  /** By factor: what bad evidence is multiplied by at each evidence round, and what a unit counts. */
  readonly badDecays: readonly number[];
  readonly badWeights: readonly number[];
  /** What earlier alignments are multiplied by at each arrived update. */
  readonly alignmentDecay: number;
}

/**
 * A model with its parameters.
 *
 * @throws {RangeError} If a parameter is unknown or out of range: `parameterProblems` tells before.
 */
export function trustModel(
  name: TrustModelName = "flopynet-coupled-1",
  set: Partial<TrustParameters> = {},
): TrustModel {
  const problems = parameterProblems(set);
  if (problems.length > 0) throw new RangeError(problems.join("; "));
  const parameters = { ...DEFAULT_PARAMETERS, ...set };
  const { goodHalfLifeRounds, badHalfLifeRounds, badWeight } = parameters;
  return {
    name,
    version: versionOf(name, parameters),
    parameters,
    coupled: name === "flopynet-coupled-1",
    weights: [
      parameters.participationWeight,
      parameters.qualityWeight,
      parameters.consistencyWeight,
      parameters.complianceWeight,
    ],
    goodDecay: halving(goodHalfLifeRounds),
    // To be absent is no attack: it is forgotten as fast as presence, and counts as much.
    badDecays: FACTOR_NAMES.map((factor) =>
      halving(factor === "participation_rate" ? goodHalfLifeRounds : badHalfLifeRounds),
    ),
    badWeights: FACTOR_NAMES.map((factor) => (factor === "participation_rate" ? 1 : badWeight)),
    alignmentDecay: halving(parameters.alignmentHalfLifeRounds),
  };
}

function halving(halfLife: number): number {
  return 2 ** (-1 / halfLife);
}

function versionOf(name: TrustModelName, parameters: TrustParameters): string {
  const keys = Object.keys(DEFAULT_PARAMETERS) as (keyof TrustParameters)[];
  const changed = keys.filter((key) => parameters[key] !== DEFAULT_PARAMETERS[key]).sort();
  return [name, ...changed.map((key) => `${key}=${parameters[key]}`)].join(" ");
}
