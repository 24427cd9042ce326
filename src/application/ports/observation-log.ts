import type { ValueMap } from "../../core/values.js";

export type ObservationKind =
  | "round_opened"
  | "update_reported"
  | "violation"
  | "round_closed"
  | "client_registered"
  | "client_pardoned";

/** What makes one observation a duplicate of another. A pardon is never one. */
export interface ObservationKey {
  readonly kind: ObservationKind;
  /** Empty and 0 where it belongs to no round. */
  readonly runId: string;
  readonly round: number;
  /** Empty where it is about no single client. */
  readonly clientId: string;
  readonly reporter: string;
}

/** One observation as it is kept. */
export interface LoggedObservation extends ObservationKey {
  /** UUID that the reporter gave; absent: the one that is derived of the key. */
  readonly observationId?: string;
  /** By the engine's clock. */
  readonly receivedMs: number;
  /** By the reporter's clock; absent when it said nothing. */
  readonly observedMs?: number;
  /** Too late to have an influence. */
  readonly late: boolean;
  /** Of the trust rules in force when a round was closed; present exactly on `round_closed`. */
  readonly rulesHash?: string;
  /** What the kind has besides. */
  readonly payload: ValueMap;
}

/** Trust rules that were in force when a round was closed. */
export interface RulesInForce {
  readonly hash: string;
  readonly policyVersion: number;
  readonly content: ValueMap;
}

/** Everything that takes effect together. */
export interface ObservationBatch {
  readonly observations: readonly LoggedObservation[];
  /** Those that the observations name and the log may not have. */
  readonly rules: readonly RulesInForce[];
}

/** What one reporter reported, in numbers. */
export interface ReporterFacts {
  readonly reporter: string;
  readonly counts: Readonly<Partial<Record<ObservationKind, number>>>;
  readonly lastReceivedMs: number;
  /** Empty when none of its observations named a run. */
  readonly lastRunId: string;
}

/** An observation at its place: positions grow by 1 from 1, in the order of `append`. */
export interface StoredObservation extends LoggedObservation {
  readonly position: number;
}

/** The record of observations, which is all that trust depends on. Nothing in it is ever changed. */
export interface ObservationLog {
  /**
   * All or nothing; durable when it settles. Calls take effect in their order.
   * @returns Position of the last observation of the log.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  append(batch: ObservationBatch): Promise<number>;
  /** Those after `afterPosition`, in order, at most `limit`. @throws {PdpError} STORAGE_UNAVAILABLE. */
  read(afterPosition: number, limit: number): Promise<readonly StoredObservation[]>;
  /**
   * Everything of one round, in order; with `clientId` only what is about that client. Empty and 0:
   * what belongs to no round.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  ofRound(runId: string, round: number, clientId?: string): Promise<readonly StoredObservation[]>;
  /** Everything of one round, in order, a part at a time. @throws {PdpError} STORAGE_UNAVAILABLE. */
  partsOfRound(runId: string, round: number): AsyncIterable<readonly StoredObservation[]>;
  /** @throws {PdpError} STORAGE_UNAVAILABLE. */
  rules(hash: string): Promise<RulesInForce | undefined>;
  /** The most recent reporter first, at most `limit`. @throws {PdpError} STORAGE_UNAVAILABLE. */
  reporters(limit: number): Promise<readonly ReporterFacts[]>;
}
