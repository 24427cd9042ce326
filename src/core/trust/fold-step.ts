import type { TrustReading, TrustState } from "./trust-reading.js";

/** What one observation changed. Most change nothing until their round is closed. */
export interface FoldStep {
  /** One point per client and evaluated round, new or (after a late observation) changed. */
  readonly points: Iterable<TrustReading>;
  /** The rounds evaluated: one at its close, none otherwise. */
  readonly evaluated?: EvaluatedRound;
  /** In the order of client ids. */
  readonly changes: readonly StateChange[];
  readonly alerts: readonly TrustAlert[];
}

export interface EvaluatedRound {
  readonly runId: string;
  readonly round: number;
  readonly selected: number;
  /** Selected clients per state, after the round. */
  readonly states: Readonly<Record<TrustState, number>>;
  /** New exclusions that were not made, because too few clients would be left. */
  readonly guarded: number;
}

/**
 * Why a state changed: the close of a round, an observation that came after it, an operator, or a
 * second name of a known key.
 */
export type ChangeCause = "ROUND_CLOSED" | "LATE" | "PARDON" | "REGISTRATION";

export interface StateChange {
  readonly clientId: string;
  readonly before: TrustState;
  readonly after: TrustState;
  readonly cause: ChangeCause;
  /** After the change. */
  readonly trustScore: number;
  /** The round after which it changed; absent where a round was not the cause. */
  readonly runId?: string;
  readonly round?: number;
}

export type TrustAlert =
  | {
      readonly kind: "trust_score_drop";
      readonly raised: boolean;
      readonly clientId: string;
      readonly trustScore: number;
      readonly trustScoreChange: number;
    }
  | {
      /** Too few clients would be left, or too many changed at once: is the reference right? */
      readonly kind: "min_cohort" | "mass_state_change";
      /** False: a later round of the run is as usual again. */
      readonly raised: boolean;
      readonly runId: string;
      readonly round: number;
      readonly selected: number;
      /** Clients concerned. */
      readonly clients: number;
    };
