import type { ValueMap } from "../../core/values.js";
import type { NewEvent } from "./event-log.js";

/** A client's trust after one evaluation. */
export interface TrustPoint {
  readonly clientId: string;
  /** Everything that was answered then. */
  readonly point: ValueMap;
}

export interface TrustPointAt extends TrustPoint {
  readonly evaluation: number;
}

/** The state of the fold after an evaluation: from here on it can go on. */
export interface TrustCheckpoint {
  /** The last one it holds. */
  readonly evaluation: number;
  /** Of the last observation it holds. */
  readonly position: number;
  /** Version of the model that made it. */
  readonly model: string;
  /** Opaque. */
  readonly state: string;
}

/**
 * What was computed from observations: all of it could be computed again, so that nothing here is
 * acknowledged to anyone.
 */
export interface TrustHistory {
  /**
   * Keeps the points of one evaluation, in the place of those it has, and appends `events`, all or
   * nothing. @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  record(
    evaluation: number,
    points: readonly TrustPoint[],
    events: readonly NewEvent[],
  ): Promise<void>;
  /** The last evaluation that was recorded; 0 when none was. @throws {PdpError} STORAGE_UNAVAILABLE. */
  lastRecorded(): Promise<number>;
  /** The points of one client after `afterEvaluation`, in order, at most `limit`. @throws {PdpError} STORAGE_UNAVAILABLE. */
  points(
    clientId: string,
    afterEvaluation: number,
    limit: number,
  ): Promise<readonly TrustPointAt[]>;
  /** Its newest point at or before `evaluation`. @throws {PdpError} STORAGE_UNAVAILABLE. */
  pointAt(clientId: string, evaluation: number): Promise<TrustPointAt | undefined>;
  /** Keeps a checkpoint, and lets go of all but the newest two. @throws {PdpError} STORAGE_UNAVAILABLE. */
  saveCheckpoint(checkpoint: TrustCheckpoint): Promise<void>;
  /** Those that are kept, the newest first. @throws {PdpError} STORAGE_UNAVAILABLE. */
  checkpoints(): Promise<readonly TrustCheckpoint[]>;
  /** Lets go of all checkpoints and points: another model is going to make new ones. @throws {PdpError} STORAGE_UNAVAILABLE. */
  clear(): Promise<void>;
}
