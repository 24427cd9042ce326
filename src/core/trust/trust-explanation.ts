import type { FactorName, TrustState } from "./trust-reading.js";

export interface TrustExplanation {
  /** What the score would be without evidence. */
  readonly prior: number;
  readonly contributions: readonly FactorContribution[];
  readonly counterfactual: TrustCounterfactual;
}

/** `prior` and all contributions add up to the trust score. */
export interface FactorContribution {
  readonly factor: FactorName;
  /** By how much it moves the score away from the prior; negative: down. */
  readonly contribution: number;
}

export interface TrustCounterfactual {
  /** Absent where there is none, or where 1,000 perfect rounds would not reach it. */
  readonly better?: StateForecast;
  /** Absent where there is none, or where 1,000 refused updates would not lead to it. */
  readonly worse?: StateForecast;
}

export interface StateForecast {
  readonly state: TrustState;
  /** The smallest number of further rounds of that kind in a row. */
  readonly rounds: number;
}
