import { PdpError } from "./errors.js";
import { createEventCursors } from "./event-cursor.js";
import {
  type CompiledEventFilter,
  compileEventFilter,
  eventFilterViolations,
} from "./event-filter.js";
import { createListEvents } from "./event-pages.js";
import { createEventDelivery } from "./event-delivery.js";
import { createEventSelector } from "./event-selection.js";
import { createEventTail } from "./event-tail.js";
import { createEventRounds } from "./event-rounds.js";
import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";
import type { EventLog } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";
import type { Metrics } from "./ports/metrics.js";
import { createRecentEvents } from "./recent-events.js";
import type { EventFeed, SubscribeRequest } from "./subscribe-to-events.js";

const MAX_LAST = 2 ** 32 - 1;
const READ_EVENTS = 256;

export interface EventFeedDeps {
  readonly eventLog: EventLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly maxSubscribers: number;
  /** Events. A subscriber further behind than this is moved to the head, and told. */
  readonly subscriberMaxLag: number;
  /** Seconds without a delivery after which a bookmark comes. */
  readonly bookmarkS: number;
}

/** Reading events. A subscriber costs its position, whatever it does not read. */
export function createEventFeed(deps: EventFeedDeps): EventFeed {
  const { eventLog, log, maxSubscribers, subscriberMaxLag } = deps;
  const bookmarkMs = deps.bookmarkS * 1000;
  const cursors = createEventCursors(eventLog.logId);
  const onNew = (): void => {
    rounds.wake();
  };
  const onReadable = (): void => {
    rounds.wakeNow();
  };
  const tail = createEventTail({ eventLog, log, onNew });
  const selector = createEventSelector({ eventLog, tail, log, onReadable });
  const delivery = createEventDelivery({ ...deps, bookmarkMs, tail, selector, cursors });
  const rounds = createEventRounds({ ...deps, bookmarkMs, tail, delivery, cursors });

  /** Sequence before the newest `last` matching events; at most `subscriberMaxLag` are looked at. */
  async function positionOfLast(filter: CompiledEventFilter, last: number): Promise<number> {
    const newest = eventLog.newestSequence();
    let position = newest;
    let found = 0;
    try {
      for (;;) {
        const floor = Math.max(eventLog.oldestSequence() - 1, newest - subscriberMaxLag);
        if (position <= floor) return position;
        const start = Math.max(floor, position - READ_EVENTS);
        const events = await eventLog.read(start, position - start);
        for (const event of events.toReversed()) {
          if (event.sequence <= position && filter.matches(event)) found += 1;
          if (found === last) return event.sequence - 1;
        }
        position = start;
        await nextTurn();
      }
    } catch (error) {
      log.error({ error }, "events cannot be read: a subscriber starts with what is new");
      return newest;
    }
  }

  return {
    subscribe(request, sink) {
      if (rounds.isEnding()) throw new PdpError({ reason: "SHUTTING_DOWN" });
      checkSubscribe(request);
      const { afterCursor, last } = request;
      const newest = eventLog.newestSequence();
      const position =
        afterCursor === "" ? newest : cursors.sequenceOf(afterCursor, newest, "after_cursor");
      if (rounds.size() >= maxSubscribers) {
        throw new PdpError({ reason: "TOO_MANY_SUBSCRIBERS", limit: maxSubscribers });
      }
      const filter = compileEventFilter(request.filter);
      const isLast = afterCursor === "" && last > 0;
      return rounds.add({
        filter,
        sink,
        position: isLast ? positionOfLast(filter, last) : position,
      });
    },
    list: createListEvents({ eventLog, cursors }),
    recent: createRecentEvents(tail),
    drain: () => rounds.end(),
  };
}

function checkSubscribe({ filter, last }: SubscribeRequest): void {
  const violations = [...eventFilterViolations(filter)];
  if (!Number.isInteger(last) || last < 0 || last > MAX_LAST) {
    violations.push({
      field: "last",
      rule: `must be a whole number from 0 to ${MAX_LAST}, got ${last}`,
    });
  }
  if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
}
