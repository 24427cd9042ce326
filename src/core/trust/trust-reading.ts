/** PROBATION until 5 rounds of evidence, REDUCED weighs less, EXCLUDED takes no part. */
export type TrustState = "PROBATION" | "ACTIVE" | "REDUCED" | "EXCLUDED";

/** From least to gravest, as conditions read it. */
export const VIOLATION_SEVERITIES = ["none", "low", "medium", "high", "critical"] as const;

export type WorstViolation = (typeof VIOLATION_SEVERITIES)[number];

/** In the order of the weights. */
export const FACTOR_NAMES = [
  "participation_rate",
  "update_quality",
  "behavioral_consistency",
  "compliance_history",
] as const;

export type FactorName = (typeof FACTOR_NAMES)[number];

/** Mean and 90 % interval of one factor, each from 0 to 1. */
export interface FactorReading {
  readonly name: FactorName;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** Its share of the trust score. */
  readonly weight: number;
  /** Faded units of good and of bad evidence, at least 0. */
  readonly evidenceGood: number;
  readonly evidenceBad: number;
}

/** All that is known of one client's trust after the last round in which it was evaluated. */
export interface TrustReading {
  readonly clientId: string;
  /** False: never heard of, so that everything is the prior. */
  readonly known: boolean;
  /** 0 to 1; at most 0.875, since certainty is never reached. */
  readonly trustScore: number;
  /** 5 % and 95 % quantile. */
  readonly trustLower: number;
  readonly trustUpper: number;
  /** `1 - (upper - lower)`. */
  readonly confidence: number;
  readonly state: TrustState;
  readonly excluded: boolean;
  readonly factors: readonly FactorReading[];
  /** Fall from the highest score of the last 10 evaluated rounds; at most 0. */
  readonly trustScoreChange: number;
  /** Change in the last evaluated round. */
  readonly trustScoreDelta: number;
  /** Rounds that gave any evidence. */
  readonly roundsObserved: number;
  /** Violations of all evaluated rounds, refusals by the gate among them; it never falls. */
  readonly violations: number;
  /** The gravest of the last evaluated round. */
  readonly worstViolation: WorstViolation;
  /** How often it was excluded. */
  readonly exclusions: number;
  /** Closed rounds that an EXCLUDED client still has to wait, at least 0. */
  readonly dwellRounds: number;
  /** Of the last evaluated round; absent before the first. */
  readonly runId?: string;
  readonly round?: number;
  /** `observeTimeMs` of the last evidence; absent before the first. */
  readonly lastEvidenceTimeMs?: number;
}
