import { randomUUID } from "node:crypto";
import type { EventLog, NewEvent, StoredEvent } from "../../application/ports/event-log.js";

/** The newest `capacity` events, in this process only: a restart is another log. */
export function createMemoryEventLog(options: {
  /** At least 1. */
  readonly capacity?: number;
  /** UUID; a new one when not given. */
  readonly logId?: string;
}): EventLog {
  const capacity = options.capacity ?? 1000;
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(`\`capacity\` must be a whole number from 1, got ${capacity}`);
  }
  // INVARIANT (ring): the event with sequence s is in slot s % capacity while s > newest - capacity.
  const ring: (StoredEvent | undefined)[] = [];
  const listeners = new Set<() => void>();
  let newest = 0;

  const oldest = (): number => Math.max(1, newest - capacity + 1);

  function append(events: readonly NewEvent[]): void {
    if (events.length === 0) return;
    for (const event of events) {
      newest += 1;
      ring[newest % capacity] = { ...event, sequence: newest };
    }
    for (const listener of [...listeners]) listener();
  }

  return {
    logId: options.logId ?? randomUUID(),
    append,
    offer(events) {
      append(events);
      return true;
    },
    publish(event) {
      const known = ring.find((stored) => stored?.eventId === event.eventId);
      if (known) return Promise.resolve(known);
      append([event]);
      return Promise.resolve({ ...event, sequence: newest });
    },
    newestSequence: () => newest,
    oldestSequence: oldest,
    read(afterSequence, limit) {
      const first = Math.max(afterSequence + 1, oldest());
      const last = Math.min(newest, first + limit - 1);
      const events: StoredEvent[] = [];
      for (let sequence = first; sequence <= last; sequence += 1) {
        const event = ring[sequence % capacity];
        if (event) events.push(event);
      }
      return Promise.resolve(events);
    },
    onCommit(listener) {
      // Why the wrapper: the same function given twice is two registrations.
      const registered = (): void => {
        listener();
      };
      listeners.add(registered);
      return () => {
        listeners.delete(registered);
      };
    },
  };
}
