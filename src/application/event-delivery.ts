import type { EventCursors } from "./event-cursor.js";
import type { CompiledEventFilter } from "./event-filter.js";
import type { EventSelector } from "./event-selection.js";
import type { EventTail } from "./event-tail.js";
import type { Clock } from "./ports/clock.js";
import type { EventLog } from "./ports/event-log.js";
import type { EventBatch, EventSink, LostEvents } from "./subscribe-to-events.js";

/** At a stretch: who is far behind catches up faster than by one batch in every round. */
const MOST_BATCHES = 2;

/** One subscriber: all that is kept of it, however far behind it is. */
export interface Subscriber {
  readonly filter: CompiledEventFilter;
  readonly sink: EventSink;
  /** Sequence of the last event that was delivered, filtered out, or told to be lost. */
  position: number;
  /** Events being skipped, and how many of them matched so far. */
  skipping?: LostEvents | undefined;
  /** Its first position is still being looked for. */
  isStarting: boolean;
  /** It cannot take more for now. */
  isFull: boolean;
  /** Absent before the first delivery. */
  deliveredAtMs?: number;
}

export interface EventDelivery {
  /**
   * Gives `subscriber` at most two batches: what comes next, what is lost, or a bookmark that is due.
   * @returns Whether it came further; else what comes next may still be being read.
   */
  serve(subscriber: Subscriber): boolean;
  /** Sequence to resume after. */
  resumeAfter(subscriber: Subscriber): number;
  /** Lets go of the batches that were shared. Call after each round. */
  forget(): void;
}

export function createEventDelivery(deps: {
  readonly eventLog: EventLog;
  readonly clock: Clock;
  readonly subscriberMaxLag: number;
  readonly bookmarkMs: number;
  readonly tail: EventTail;
  readonly selector: EventSelector;
  readonly cursors: EventCursors;
}): EventDelivery {
  const { eventLog, clock, subscriberMaxLag, bookmarkMs, tail, selector, cursors } = deps;
  /** By selection, or by position for bookmarks: one object for all who get the same. */
  let batches = new Map<object | number, EventBatch>();

  /** @returns Whether something was delivered. */
  function passRemoved(subscriber: Subscriber): boolean {
    const { position, skipping } = subscriber;
    const removed = eventLog.oldestSequence() - 1;
    const lastSequence = Math.min(removed, skipping?.lastSequence ?? removed);
    const count = lastSequence - position;
    if (count <= 0) return false;
    subscriber.position = lastSequence;
    if (skipping) return countSkipped(subscriber, skipping, count);
    const lost = { count, firstSequence: position + 1, lastSequence, cause: "retention" } as const;
    deliver(subscriber, { events: [], cursor: cursors.cursorAt(lastSequence), lost });
    return true;
  }

  function skipWhatIsTooFarBehind(subscriber: Subscriber): void {
    const lastSequence = tail.newest();
    if (subscriber.skipping || lastSequence - subscriber.position <= subscriberMaxLag) return;
    const firstSequence = subscriber.position + 1;
    subscriber.skipping = { count: 0, firstSequence, lastSequence, cause: "slow_consumer" };
  }

  /** @returns Whether something was delivered. */
  function passSelection(subscriber: Subscriber): boolean {
    const { skipping } = subscriber;
    const selection = selector.after(subscriber.position, subscriber.filter);
    if (!selection) return false;
    const { events, through } = selection;
    if (skipping) {
      const { lastSequence } = skipping;
      subscriber.position = Math.min(through, lastSequence);
      const skipped = events.filter(({ sequence }) => sequence <= lastSequence);
      return countSkipped(subscriber, skipping, skipped.length);
    }
    subscriber.position = through;
    if (events.length === 0) return false;
    const batch = batchOf(selection, () => ({ events, cursor: cursors.cursorAt(through) }));
    deliver(subscriber, batch);
    return true;
  }

  /** Told only when all of the range has been counted. @returns Whether it was. */
  function countSkipped(subscriber: Subscriber, skipping: LostEvents, more: number): boolean {
    const lost = { ...skipping, count: skipping.count + more };
    if (subscriber.position < lost.lastSequence) {
      subscriber.skipping = lost;
      return false;
    }
    subscriber.skipping = undefined;
    // Where nothing of it was asked for nothing is lost.
    if (lost.count === 0) deliverBookmark(subscriber);
    else deliver(subscriber, { events: [], cursor: cursors.cursorAt(lost.lastSequence), lost });
    return true;
  }

  function deliver(subscriber: Subscriber, batch: EventBatch): void {
    subscriber.deliveredAtMs = clock.monotonicMs();
    subscriber.isFull = !subscriber.sink.deliver(batch);
  }

  function deliverBookmark(subscriber: Subscriber): void {
    const at = resumeAfter(subscriber);
    deliver(
      subscriber,
      batchOf(at, () => ({ events: [], cursor: cursors.cursorAt(at) })),
    );
  }

  function batchOf(key: object | number, make: () => EventBatch): EventBatch {
    const batch = batches.get(key) ?? make();
    batches.set(key, batch);
    return batch;
  }

  // Before what is being skipped, because nobody has been told of that yet.
  function resumeAfter({ position, skipping }: Subscriber): number {
    return skipping ? skipping.firstSequence - 1 : position;
  }

  return {
    serve(subscriber) {
      if (subscriber.deliveredAtMs === undefined) {
        deliverBookmark(subscriber);
        return true;
      }
      if (passRemoved(subscriber)) return true;
      skipWhatIsTooFarBehind(subscriber);
      const { position } = subscriber;
      let passed = 0;
      while (passed < MOST_BATCHES && !subscriber.isFull && passSelection(subscriber)) passed += 1;
      const isDue = clock.monotonicMs() - subscriber.deliveredAtMs >= bookmarkMs;
      if (passed === 0 && isDue) deliverBookmark(subscriber);
      return subscriber.position !== position;
    },
    resumeAfter,
    forget() {
      // Not emptied: see event-selection.ts.
      batches = new Map();
      selector.forget();
    },
  };
}
