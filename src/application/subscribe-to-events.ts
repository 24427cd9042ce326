import type { EventSeverity, StoredEvent } from "./ports/event-log.js";

/** Each list matches any of its values; an empty list matches all; all lists must match. */
export interface EventFilter {
  readonly eventTypes: readonly string[];
  readonly severities: readonly EventSeverity[];
  readonly sourceComponents: readonly string[];
  readonly policyIds: readonly string[];
  readonly clientIds: readonly string[];
}

/** Events that a subscriber will never get. */
export interface LostEvents {
  /** How many matched the filter; all of the range where that can no longer be known. */
  readonly count: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly cause: "slow_consumer" | "retention";
}

/**
 * One delivery. Subscribers with equal filter and position get the same object, so that a transport
 * can encode it once (keyed by identity). Without events and `lost` it is a bookmark.
 */
export interface EventBatch {
  readonly events: readonly StoredEvent[];
  /** Resume point after this batch; opaque. */
  readonly cursor: string;
  readonly lost?: LostEvents;
}

export interface SubscribeRequest {
  readonly filter: EventFilter;
  /** Go on after it; empty: not given. */
  readonly afterCursor: string;
  /** First the newest n that match; ignored with a cursor. */
  readonly last: number;
}

/** What a transport hands in. Called from the feed's tick, never from within `subscribe`. */
export interface EventSink {
  /** @returns False when it cannot take more for now: nothing comes until `Subscription.drained`. */
  deliver(batch: EventBatch): boolean;
  /** The engine is draining: the stream ends after what was delivered. `cursor` is the resume point. */
  end(cursor: string): void;
}

export interface Subscription {
  /** The sink can take more again. */
  drained(): void;
  /** The subscriber has gone. Idempotent. */
  close(): void;
}

export interface ListEventsQuery {
  readonly filter: EventFilter;
  /** 0 means the default of 100; more than 1,000 is served as 1,000. */
  readonly pageSize: number;
  readonly pageToken: string;
  /** Inclusive; absent: open. */
  readonly startTimeMs?: number;
  /** Exclusive; absent: open. */
  readonly endTimeMs?: number;
  readonly newestFirst: boolean;
}

/** Reading events: a live stream that can be resumed, and pages. */
export interface EventFeed {
  /**
   * A bookmark comes at once, then what matches, in sequence order, each exactly once per log.
   * @throws {PdpError} REQUEST_INVALID, CURSOR_INVALID, CURSOR_OF_ANOTHER_LOG, TOO_MANY_SUBSCRIBERS.
   */
  subscribe(request: SubscribeRequest, sink: EventSink): Subscription;
  /** @throws {PdpError} REQUEST_INVALID, CURSOR_INVALID, CURSOR_OF_ANOTHER_LOG. */
  list(
    query: ListEventsQuery,
  ): Promise<{ readonly events: readonly StoredEvent[]; readonly nextPageToken: string }>;
  /**
   * The newest (at most 1,000) events, oldest first; those after `sinceEventId` where it is still kept,
   * from the oldest kept where it is not. `lastEventId` is the last returned one; when nothing is
   * returned, the given one or the newest kept; null in an empty log.
   */
  recent(query: { readonly sinceEventId?: string; readonly limit: number }): {
    readonly events: readonly StoredEvent[];
    readonly lastEventId: string | null;
  };
  /** Delivers what is committed, then ends every stream with its cursor. */
  drain(): Promise<void>;
}
