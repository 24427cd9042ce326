import type { ValueMap } from "../../core/values.js";
import type { NewEvent } from "./event-log.js";

/** That a round was closed for the first time, and so evaluated. */
export interface Evaluation {
  /** Grows by 1 from 1: the order in which rounds were closed, over all runs. */
  readonly evaluation: number;
  readonly runId: string;
  readonly round: number;
  /** Of the trust rules in force at that moment. */
  readonly rulesHash: string;
}

/** A client's trust after one evaluation. */
export interface TrustPoint {
  readonly evaluation: number;
  readonly clientId: string;
  /** Everything that was answered then. */
  readonly point: ValueMap;
}

/** What observations made of trust. */
export interface TrustRecord {
  /** Of the observation log: everything up to here is in this record or an earlier one. */
  readonly throughPosition: number;
  readonly evaluations: readonly Evaluation[];
  /** They take the place of those of the same client and evaluation. */
  readonly points: readonly TrustPoint[];
  readonly events: readonly NewEvent[];
}

/** The state of the computation after an observation: from here on it can go on. */
export interface TrustCheckpoint {
  /** Of the last observation it holds; 0: what the log begins with, because there was another before it. */
  readonly position: number;
  /** Of the last evaluation it holds. */
  readonly evaluation: number;
  /** Version of the model that made it. */
  readonly model: string;
  /** What structured clone copies. */
  readonly state: unknown;
}

/**
 * What was computed from observations, and can be computed from them again: nothing here is
 * acknowledged to anyone. Every call may fail with STORAGE_UNAVAILABLE.
 */
export interface TrustHistory {
  /**
   * Keeps points and evaluations and appends the events. Where it fails, some of the points may be kept,
   * and nothing counts as recorded: it is recorded again. Calls do not overlap.
   */
  record(record: TrustRecord): Promise<void>;
  /** `throughPosition` of the last record, and the model it was made with; 0 when there is none. */
  progress(): Promise<{ readonly position: number; readonly model: string }>;
  /** The points of one client after `afterEvaluation`, in order, at most `limit`. */
  points(clientId: string, afterEvaluation: number, limit: number): Promise<readonly TrustPoint[]>;
  /** Its newest point at or before `evaluation`. */
  pointAt(clientId: string, evaluation: number): Promise<TrustPoint | undefined>;
  /** Undefined when the round was never evaluated. */
  evaluationOf(runId: string, round: number): Promise<Evaluation | undefined>;
  /** Those from the first to the last of these numbers, in order. */
  evaluations(first: number, last: number): Promise<readonly Evaluation[]>;
  /**
   * Keeps a checkpoint, whose state must not change before it settles, and lets go of all but the newest two and
   * the one at position 0.
   */
  saveCheckpoint(checkpoint: TrustCheckpoint): Promise<void>;
  /** The newest that is kept of a position before this one; undefined: there is none. */
  checkpoint(beforePosition?: number): Promise<TrustCheckpoint | undefined>;
  /**
   * Lets go of everything but the checkpoint at position 0, which no log can give again: from now on it
   * is the history of `model`.
   */
  begin(model: string): Promise<void>;
}
