import type { EventCursors } from "./event-cursor.js";
import type { EventDelivery, Subscriber } from "./event-delivery.js";
import type { CompiledEventFilter } from "./event-filter.js";
import type { EventTail } from "./event-tail.js";
import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";
import type { Log } from "./ports/log.js";
import type { Metrics } from "./ports/metrics.js";
import type { EventSink } from "./subscribe-to-events.js";

/** Between rounds, so that events that come fast share a message. */
const TICK_MS = 5;
/** More than a message holds. */
const CATCHING_UP_EVENTS = 256;
/** Work at a stretch, before a check may have its turn. */
const SLICE_MS = 2;
/** After a round of this time what waits has its turn, and no more: it waited no longer. */
const SHORT_ROUND_MS = 5;
/** By how much subscribers that do not read may delay the end. */
const DRAIN_MS = 2000;

export interface EventRounds {
  size(): number;
  isEnding(): boolean;
  /** There may be something to deliver, and more may come to share a message with it. */
  wake(): void;
  /** What somebody waits for is there. */
  wakeNow(): void;
  add(start: {
    readonly filter: CompiledEventFilter;
    readonly sink: EventSink;
    /** Sequence after which it begins; nothing is delivered before a promise of it is kept. */
    readonly position: number | Promise<number>;
  }): { drained(): void; close(): void };
  /** Delivers what is committed, waiting at most two seconds, then ends every stream. Idempotent. */
  end(): Promise<void>;
}

/** Serves every subscriber in turn, a bounded amount each, in short slices. No timer without subscribers. */
export function createEventRounds(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly bookmarkMs: number;
  readonly tail: EventTail;
  readonly delivery: EventDelivery;
  readonly cursors: EventCursors;
}): EventRounds {
  const { clock, log, metrics, bookmarkMs, tail, delivery, cursors } = deps;
  const subscribers = new Set<Subscriber>();
  let cancelNext = (): void => undefined;
  let nextDueMs = Infinity;
  let round: Promise<void> | undefined;
  /** After a long round until as much time has passed again: no more than half goes to subscribers. */
  let restUntilMs = -Infinity;
  /** There was something to wake for while a round ran: after it, so many ms. */
  let wokenMs = Infinity;
  /** Somebody came further in the last round, and finds more. */
  let isFollowed = false;
  let ending: Promise<void> | undefined;

  function wakeIn(delayMs: number): void {
    if (round) wokenMs = Math.min(wokenMs, delayMs);
    const dueMs = clock.monotonicMs() + delayMs;
    if (subscribers.size === 0 || ending || round || dueMs >= nextDueMs) return;
    cancelNext();
    nextDueMs = dueMs;
    cancelNext = callIn(delayMs, () => void runRound());
  }

  /** @param leastMs - 0: at once, but for the rest after a long round. */
  function pauseMs(leastMs: number): number {
    return Math.max(leastMs, restUntilMs - clock.monotonicMs());
  }

  function stopTimer(): void {
    cancelNext();
    nextDueMs = Infinity;
  }

  function runRound(): Promise<void> {
    stopTimer();
    round ??= serveAll().finally(() => {
      round = undefined;
      const leastMs = Math.min(isFollowed ? 0 : TICK_MS, wokenMs);
      wokenMs = Infinity;
      if ([...subscribers].some(hasWork)) wakeIn(pauseMs(leastMs));
      else wakeIn(Math.max(nextBookmarkInMs(), bookmarkMs / 50, TICK_MS));
    });
    return round;
  }

  async function serveAll(): Promise<void> {
    let sliceStartMs = clock.monotonicMs();
    let workMs = 0;
    isFollowed = false;
    for (const subscriber of [...subscribers]) {
      if (!subscribers.has(subscriber) || isWaiting(subscriber)) continue;
      guarded(subscriber, () => {
        const cameFurther = delivery.serve(subscriber);
        isFollowed ||= cameFurther && isCatchingUp(subscriber);
      });
      const sliceMs = clock.monotonicMs() - sliceStartMs;
      if (sliceMs < SLICE_MS) continue;
      workMs += sliceMs;
      await nextTurn();
      sliceStartMs = clock.monotonicMs();
    }
    startWithAnother();
    delivery.forget();
    workMs += clock.monotonicMs() - sliceStartMs;
    restUntilMs = workMs > SHORT_ROUND_MS ? clock.monotonicMs() + workMs : -Infinity;
  }

  /** Who is first in every round would have the disk to himself. */
  function startWithAnother(): void {
    const [first] = subscribers;
    if (first && subscribers.delete(first)) subscribers.add(first);
  }

  /** One subscriber that throws must not stop the others. */
  function guarded(subscriber: Subscriber, act: () => void): void {
    try {
      act();
    } catch (error) {
      log.error({ error }, "a subscriber could not be written to: it is dropped");
      remove(subscriber);
    }
  }

  function remove(subscriber: Subscriber): void {
    if (!subscribers.delete(subscriber)) return;
    metrics.subscribers(subscribers.size);
    if (subscribers.size === 0) stopTimer();
  }

  function hasWork(subscriber: Subscriber): boolean {
    const isBehind = subscriber.position < tail.newest();
    return !isWaiting(subscriber) && (isBehind || subscriber.deliveredAtMs === undefined);
  }

  /** What it gets next is there already, and need not wait for more to share a message with. */
  function isCatchingUp(subscriber: Subscriber): boolean {
    return !isWaiting(subscriber) && tail.newest() - subscriber.position > CATCHING_UP_EVENTS;
  }

  function nextBookmarkInMs(): number {
    const nowMs = clock.monotonicMs();
    let firstMs = nowMs + bookmarkMs;
    for (const subscriber of subscribers) {
      const { deliveredAtMs = nowMs } = subscriber;
      if (!isWaiting(subscriber)) firstMs = Math.min(firstMs, deliveredAtMs + bookmarkMs);
    }
    return firstMs - nowMs;
  }

  async function endAll(): Promise<void> {
    const deadlineMs = clock.monotonicMs() + DRAIN_MS;
    await tail.catchUp();
    tail.stop();
    const isBehind = (subscriber: Subscriber): boolean =>
      subscriber.isStarting || delivery.resumeAfter(subscriber) < tail.newest();
    while ([...subscribers].some(isBehind) && clock.monotonicMs() < deadlineMs) {
      await runRound();
      if (isFollowed) await nextTurn();
      else await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await round;
    stopTimer();
    for (const subscriber of [...subscribers]) {
      guarded(subscriber, () => {
        subscriber.sink.end(cursors.cursorAt(delivery.resumeAfter(subscriber)));
      });
      remove(subscriber);
    }
  }

  return {
    size: () => subscribers.size,
    isEnding: () => ending !== undefined,
    wake() {
      wakeIn(pauseMs(TICK_MS));
    },
    wakeNow() {
      wakeIn(pauseMs(0));
    },
    add({ filter, sink, position }) {
      // Equal filters are one object: what is selected for one is found by all.
      const same = [...subscribers].find((other) => other.filter.key === filter.key);
      const isStarting = typeof position !== "number";
      const subscriber: Subscriber = {
        filter: same?.filter ?? filter,
        sink,
        position: isStarting ? 0 : position,
        isStarting,
        isFull: false,
      };
      subscribers.add(subscriber);
      metrics.subscribers(subscribers.size);
      wakeIn(0);
      if (isStarting) {
        void position.then((found) => {
          subscriber.position = found;
          subscriber.isStarting = false;
          wakeIn(0);
        });
      }
      return {
        drained() {
          subscriber.isFull = false;
          wakeIn(pauseMs(isCatchingUp(subscriber) ? 0 : TICK_MS));
        },
        close() {
          remove(subscriber);
        },
      };
    },
    end: () => (ending ??= endAll()),
  };
}

/** Not with a timer of 0 ms: that is one of 1. @returns Calls it off. */
function callIn(delayMs: number, call: () => void): () => void {
  if (delayMs > 0) {
    const timer = setTimeout(call, delayMs).unref();
    return () => {
      clearTimeout(timer);
    };
  }
  const next = setImmediate(call);
  return () => {
    clearImmediate(next);
  };
}

function isWaiting({ isStarting, isFull }: Subscriber): boolean {
  return isStarting || isFull;
}
