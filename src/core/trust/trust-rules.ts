import type { TrustReading } from "./trust-reading.js";

/** When a trust rule holds. */
export type TrustCondition =
  | {
      /** `client.trust_score < threshold`, or `<=`. */
      readonly kind: "score_below";
      readonly threshold: number;
      readonly orEqual: boolean;
      /** Left only at this score or more. */
      readonly exit: number;
    }
  | {
      /** Any other condition on the client's trust; left when it does not hold. Pure and total. */
      readonly kind: "condition";
      readonly holds: (reading: TrustReading) => boolean;
    };

/** One trust rule as it drives states: thresholds are the policy's, the rest has defaults. */
export interface StateRule {
  readonly condition: TrustCondition;
  /** Evaluated rounds in a row in which it must hold to take effect. */
  readonly roundsIn: number;
  /** Evaluated rounds in a row in which it must be left to end. */
  readonly roundsOut: number;
}

export interface ExclusionRule extends StateRule {
  /** Closed rounds before a first return; doubled with each exclusion. */
  readonly dwellRounds: number;
}

export interface ReductionRule extends StateRule {
  /** 0 to 1; the smallest of the rules that hold is used. */
  readonly weightMultiplier: number;
}

/** The trust rules in force when a round was closed. A refold uses the same again. */
export interface TrustRules {
  /** Names this set for good: what a snapshot keeps of it. */
  readonly hash: string;
  /** Empty: thresholds 0.3 and 0.6 are used for states. */
  readonly exclusions: readonly ExclusionRule[];
  readonly reductions: readonly ReductionRule[];
  /** Weight of a client in PROBATION, 0 to 1. */
  readonly newcomerWeight: number;
  /** Fewest selected clients left admitted; absent: half of them, and at least 2. */
  readonly minCohort?: number;
}

/** What a trust rule may set, by its `parameters` and its comparison. Absent: the default. */
export interface StateRuleOptions {
  readonly exit?: number | undefined;
  readonly roundsIn?: number | undefined;
  readonly roundsOut?: number | undefined;
  readonly dwellRounds?: number | undefined;
  readonly orEqual?: boolean | undefined;
}

/** `client.trust_score < threshold`: exclude. Left at `threshold + 0.1` for 3 rounds. */
export function exclusionBelow(threshold: number, options: StateRuleOptions = {}): ExclusionRule {
  const { exit = threshold + 0.1, roundsIn = 2, roundsOut = 3, dwellRounds = 10 } = options;
  const { orEqual = false } = options;
  return {
    condition: { kind: "score_below", threshold, orEqual, exit },
    roundsIn,
    roundsOut,
    dwellRounds,
  };
}

/** `client.trust_score < threshold`: weigh less. Left at `threshold + 0.05` for 3 rounds. */
export function reductionBelow(
  threshold: number,
  weightMultiplier: number,
  options: StateRuleOptions = {},
): ReductionRule {
  const { exit = threshold + 0.05, roundsIn = 1, roundsOut = 3, orEqual = false } = options;
  return {
    condition: { kind: "score_below", threshold, orEqual, exit },
    roundsIn,
    roundsOut,
    weightMultiplier,
  };
}

export const DEFAULT_NEWCOMER_WEIGHT = 0.5;

/** The documented thresholds: below 0.3 excluded, below 0.6 half the weight. */
export const DEFAULT_TRUST_RULES: TrustRules = {
  hash: "default",
  exclusions: [exclusionBelow(0.3)],
  reductions: [reductionBelow(0.6, 0.5)],
  newcomerWeight: DEFAULT_NEWCOMER_WEIGHT,
};
