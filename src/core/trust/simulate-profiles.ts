/** How unlike the data of clients are: labels drawn by a Dirichlet distribution of that parameter. */
export const SKEWS = ["iid", "dirichlet-1", "dirichlet-0.5", "dirichlet-0.1"] as const;
export type Skew = (typeof SKEWS)[number];

export const ATTACKS = [
  "flip",
  "scale",
  "sign",
  "gaussian",
  "free-rider",
  "on-off",
  "late-betrayal",
  "whitewash",
  "collusion",
] as const;
export type Attack = (typeof ATTACKS)[number];

/**
 * What a server sees of clients in one kind of federation, as numbers: alignment ratios are normal around
 * 1 for honest clients, with a part that stays with the client; norms are log-normal. By round, at
 * `PROFILE_ROUNDS`, linear between.
 */
export interface Profile {
  /** Standard deviations of the alignment ratio of honest clients: all of it, and between clients. */
  readonly honestSpread: readonly number[];
  readonly honestBetween: number;
  /** Correlation of the rest from round to round. */
  readonly honestMemory: number;
  /** Of clients with flipped labels: mean and standard deviation, between clients too. */
  readonly flipMean: readonly number[];
  readonly flipSpread: readonly number[];
  readonly flipBetween: number;
  /** Logarithm of the norm ratio: of flippers, and the spread of both between clients. */
  readonly flipLogNorm: readonly number[];
  readonly logNormBetween: number;
}

/** Middles of the rounds that the numbers were taken from. */
export const PROFILE_ROUNDS = [1, 2.5, 5, 8.5, 13, 18, 25.5, 38, 53] as const;

// prettier-ignore
export const PROFILES: Readonly<Record<Skew, Profile>> = {
  // The first three were taken from recorded federations of 50 clients and 60 rounds.
  "iid": {
    honestSpread: [0.03, 0.03, 0.03, 0.04, 0.06, 0.085, 0.11, 0.145, 0.2],
    honestBetween: 0.03,
    honestMemory: 0,
    flipMean: [0.21, -0.27, -0.41, -0.62, -0.68, -0.67, -0.57, -0.53, -0.58],
    flipSpread: [0.05, 0.05, 0.06, 0.065, 0.04, 0.04, 0.045, 0.085, 0.18],
    flipBetween: 0.03,
    flipLogNorm: [0, 0.02, 0.11, 0.38, 0.77, 1.05, 1.25, 1.47, 1.62],
    logNormBetween: 0.05,
  },
  "dirichlet-1": {
    honestSpread: [0.42, 0.42, 0.55, 0.4, 0.5, 0.65, 0.83, 1.07, 1.5],
    honestBetween: 0.32,
    honestMemory: -0.1,
    flipMean: [0.7, 0.03, -0.3, -0.55, -0.68, -0.83, -0.8, -0.7, -0.63],
    flipSpread: [0.65, 0.55, 0.35, 0.4, 0.4, 0.35, 0.4, 0.45, 0.45],
    flipBetween: 0.25,
    flipLogNorm: [0.05, 0.09, 0.18, 0.27, 0.5, 0.77, 0.93, 1.14, 1.3],
    logNormBetween: 0.15,
  },
  "dirichlet-0.5": {
    honestSpread: [0.62, 0.62, 0.78, 0.69, 0.8, 1.15, 1.5, 1.9, 2.2],
    honestBetween: 0.5,
    honestMemory: -0.14,
    flipMean: [0.8, -0.05, 0.05, -0.3, -0.75, -0.63, -0.54, -0.36, -0.21],
    flipSpread: [0.7, 0.5, 0.5, 0.6, 0.6, 0.6, 0.6, 0.8, 0.85],
    flipBetween: 0.25,
    flipLogNorm: [0.1, 0.11, 0.13, 0.23, 0.38, 0.52, 0.82, 0.98, 1.14],
    logNormBetween: 0.26,
  },
  // Nothing was recorded of this one: continued so that it fails as simulations with vectors did.
  "dirichlet-0.1": {
    honestSpread: [0.9, 0.9, 1.1, 1.1, 1.3, 1.7, 2.3, 2.8, 3.2],
    honestBetween: 1.15,
    honestMemory: -0.14,
    flipMean: [0.9, 0.3, 0.1, -0.2, -0.4, -0.35, -0.3, -0.2, -0.1],
    flipSpread: [0.8, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 1, 1],
    flipBetween: 0.5,
    flipLogNorm: [0.1, 0.11, 0.13, 0.23, 0.38, 0.52, 0.82, 0.98, 1.14],
    logNormBetween: 0.4,
  },
};

/** A number of a profile in some round. */
export function inRound(values: readonly number[], round: number): number {
  const after = PROFILE_ROUNDS.findIndex((middle) => middle >= round);
  if (after === 0) return values[0] ?? 0;
  if (after < 0) return values.at(-1) ?? 0;
  const [from = 0, to = 0] = [values[after - 1], values[after]];
  const [start = 0, end = 0] = [PROFILE_ROUNDS[after - 1], PROFILE_ROUNDS[after]];
  return from + ((to - from) * (round - start)) / (end - start);
}
