import type { ValueMap } from "../../core/values.js";

export type EventSeverity = "info" | "warning" | "error" | "critical";

/** What happened, before it has a place in the log. */
export interface NewEvent {
  /** UUID v4. */
  readonly eventId: string;
  readonly timestampMs: number;
  /** `POLICY_ENGINE` for our own. */
  readonly sourceComponent: string;
  /** `POLICY_LOADED`, ...: an open set. */
  readonly eventType: string;
  readonly severity: EventSeverity;
  /** Absent while no policy is active. */
  readonly policyVersion?: number;
  readonly policyId?: string;
  readonly clientId?: string;
  readonly decisionId?: string;
  readonly details: ValueMap;
}

export interface StoredEvent extends NewEvent {
  /** Grows by 1 from 1, never reused. */
  readonly sequence: number;
}

/** The record of events, in order. */
export interface EventLog {
  /** Identity of this log: a cursor of another log is refused. UUID. */
  readonly logId: string;
  /** Takes events in order; sequences are assigned at commit. Never throws, never waits. */
  append(events: readonly NewEvent[]): void;
  /** As `append`, for events that may be dropped. @returns False when too many wait: none was taken. */
  offer(events: readonly NewEvent[]): boolean;
  /**
   * Appends one event; durable when it settles. An `eventId` that this log has already is not
   * appended again: the stored event is answered.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  publish(event: NewEvent): Promise<StoredEvent>;
  /** Sequence of the newest committed event; 0 when there is none. */
  newestSequence(): number;
  /** Sequence of the oldest event that can still be read; `newestSequence() + 1` when there is none. */
  oldestSequence(): number;
  /** Events with a sequence above `afterSequence`, oldest first, at most `limit`; starts at the oldest kept. */
  read(afterSequence: number, limit: number): Promise<readonly StoredEvent[]>;
  /** Calls `listener` after every commit. @returns A function that stops it. */
  onCommit(listener: () => void): () => void;
}
