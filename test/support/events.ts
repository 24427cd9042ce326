import { randomUUID } from "node:crypto";
import { openSync } from "node:fs";
import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createPinoLog } from "../../src/adapters/pino/log.js";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createEventFeed, type EventFeedDeps } from "../../src/application/event-feed.js";
import type { EventLog, NewEvent, StoredEvent } from "../../src/application/ports/event-log.js";
import type {
  EventBatch,
  EventFeed,
  EventFilter,
  EventSink,
  LostEvents,
  SubscribeRequest,
  Subscription,
} from "../../src/application/subscribe-to-events.js";

export const EVERYTHING: EventFilter = {
  eventTypes: [],
  severities: [],
  sourceComponents: [],
  policyIds: [],
  clientIds: [],
};

export function anEvent(event: Partial<NewEvent> = {}): NewEvent {
  return {
    eventId: randomUUID(),
    timestampMs: 1_750_000_000_000,
    sourceComponent: "POLICY_ENGINE",
    eventType: "POLICY_APPLIED",
    severity: "info",
    details: {},
    ...event,
  };
}

export const manyEvents = (count: number, event: Partial<NewEvent> = {}): NewEvent[] =>
  Array.from({ length: count }, () => anEvent(event));

export const sequencesOf = (events: readonly StoredEvent[]): number[] =>
  events.map(({ sequence }) => sequence);

/** A log that says nothing to anyone. */
export const quietLog = createPinoLog({ level: "error", descriptor: openSync("/dev/null", "w") });

export interface TestFeed {
  readonly feed: EventFeed;
  readonly eventLog: EventLog;
  /** The newest event is where readers of `recent` see it. */
  readonly settled: () => Promise<void>;
}

/** A feed over a log in memory of `capacity` events. */
export function aFeed(
  options: Partial<EventFeedDeps> & { readonly capacity?: number } = {},
): TestFeed {
  const eventLog = createMemoryEventLog({ capacity: options.capacity ?? 1000 });
  const feed = createEventFeed({
    eventLog,
    clock: createSystemClock(),
    log: quietLog,
    metrics: createPrometheusMetrics(),
    maxSubscribers: 2000,
    subscriberMaxLag: 100_000,
    bookmarkS: 5,
    ...options,
  });
  return { feed, eventLog, settled: () => new Promise((resolve) => setImmediate(resolve)) };
}

const openReaders: Subscription[] = [];

/** Closes every reader of this file's tests, so that the next test has no timer of this one. */
export function closeReaders(): void {
  for (const reader of openReaders.splice(0)) reader.close();
}

/** A reader that keeps what it got, and takes no more after `takes` deliveries until `more`. */
export interface TestReader {
  readonly batches: readonly EventBatch[];
  readonly ended: () => string | undefined;
  readonly events: () => readonly StoredEvent[];
  readonly sequences: () => readonly number[];
  readonly lost: () => readonly LostEvents[];
  /** Resume point of what it got. */
  readonly cursor: () => string;
  readonly more: (takes?: number) => void;
  readonly close: () => void;
}

export function read(
  feed: EventFeed,
  request: Partial<SubscribeRequest> = {},
  takes = Infinity,
): TestReader {
  const batches: EventBatch[] = [];
  let left = takes;
  let ended: string | undefined;
  const sink: EventSink = {
    deliver(batch) {
      batches.push(batch);
      left -= 1;
      return left > 0;
    },
    end(cursor) {
      ended = cursor;
    },
  };
  const subscription: Subscription = feed.subscribe(
    { filter: EVERYTHING, afterCursor: "", last: 0, ...request },
    sink,
  );
  openReaders.push(subscription);
  const events = (): StoredEvent[] => batches.flatMap((batch) => batch.events);
  return {
    batches,
    ended: () => ended,
    events,
    sequences: () => sequencesOf(events()),
    lost: () => batches.flatMap(({ lost }) => (lost ? [lost] : [])),
    cursor: () => batches.at(-1)?.cursor ?? request.afterCursor ?? "",
    more(takesNow = Infinity) {
      left = takesNow;
      subscription.drained();
    },
    close: () => {
      subscription.close();
    },
  };
}
