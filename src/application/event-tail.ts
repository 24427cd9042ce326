import type { EventLog, StoredEvent } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";

/** How many of the newest events are kept in memory. */
export const TAIL_EVENTS = 1000;
const READ_EVENTS = 256;

/** The newest events of a log, in memory: what nearly every reader wants, without a read. */
export interface EventTail {
  /** Sequence of the newest event in memory; what is newer in the log arrives in a moment. */
  newest(): number;
  /** Events in memory with a sequence above `afterSequence`, or undefined where some are no longer in memory. */
  after(afterSequence: number): readonly StoredEvent[] | undefined;
  /** At most 1,000, oldest first; without gaps, and none that the log has removed. */
  all(): readonly StoredEvent[];
  /** Resolves when everything committed before the call is in memory, or cannot be read. */
  catchUp(): Promise<void>;
  stop(): void;
}

/** @param onNew - Called after events have arrived. */
export function createEventTail(deps: {
  readonly eventLog: EventLog;
  readonly log: Log;
  readonly onNew: () => void;
}): EventTail {
  const { eventLog, log, onNew } = deps;
  // INVARIANT: sequences are contiguous, and the last is `newest` unless there are none.
  let events: StoredEvent[] = [];
  let newest = Math.max(eventLog.oldestSequence() - 1, eventLog.newestSequence() - TAIL_EVENTS);
  let isReading = false;
  let reading = Promise.resolve();

  async function readNew(): Promise<void> {
    isReading = true;
    try {
      while (newest < eventLog.newestSequence()) {
        const read = await eventLog.read(newest, READ_EVENTS);
        const [first, last] = [read[0], read.at(-1)];
        if (!first || !last) return;
        if (first.sequence !== newest + 1) events = []; // Removed before we came to it.
        events.push(...read);
        // Twice the size, so that the array is not moved for every event.
        if (events.length > 2 * TAIL_EVENTS) events = events.slice(-TAIL_EVENTS);
        newest = last.sequence;
        onNew();
      }
    } catch (error) {
      log.error({ error }, "events cannot be read: trying again with the next one");
    } finally {
      // INVARIANT: nothing runs between the last comparison and this, so no commit is overlooked.
      isReading = false;
    }
  }

  function catchUp(): Promise<void> {
    if (!isReading) reading = readNew();
    return reading;
  }

  // Once for all that a turn commits: to wake up for every decision costs more than to tell of it.
  let isDue = false;
  const stop = eventLog.onCommit(() => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      void catchUp();
    });
  });
  void catchUp();

  return {
    newest: () => newest,
    after(afterSequence) {
      const missing = newest - afterSequence;
      if (missing > events.length) return undefined;
      return missing <= 0 ? [] : events.slice(-missing);
    },
    all() {
      const oldest = eventLog.oldestSequence();
      return events.slice(-TAIL_EVENTS).filter(({ sequence }) => sequence >= oldest);
    },
    catchUp,
    stop,
  };
}
