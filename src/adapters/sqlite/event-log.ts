import { ENGINE } from "../../application/engine-events.js";
import { PdpError } from "../../application/errors.js";
import type { EventLog, NewEvent, StoredEvent } from "../../application/ports/event-log.js";
import type { Log } from "../../application/ports/log.js";
import { createBodyWriter } from "./body-writer.js";
import type { LaneRow } from "./record-lane.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow, Statement } from "./storage-messages.js";
import { STORED_BODY, STORED_ROWS, storedRows } from "./stored-rows.js";

/** Nobody sees an event before it is stored. */
const WITHIN_MS = 10;
/** The newest events, in memory: readers that keep up never reach the disk. */
const RING_EVENTS = 1000;

const INSERT = `
  INSERT INTO events (time_ms, published_id, body)
  SELECT value ->> 2, value ->> 3, ${STORED_BODY} FROM ${STORED_ROWS}`;
// One text for all events: it is sent to this thread and read in half the time of a text for each.
const READ = `
  SELECT '[' || group_concat(substr(body, 1, length(body) - 1) || ',"sequence":' || sequence || '}')
    || ']'
  FROM (SELECT sequence, body FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?)`;
const FIND_PUBLISHED = "SELECT sequence, body FROM events WHERE published_id = ?";

/** The durable event log. What the other adapters of this folder may do with it beside reading. */
export interface SqliteEventLog extends EventLog {
  /** For a transaction that appends events with something else. */
  insertion(events: readonly NewEvent[]): Statement;
  /** Call in the order of the commits, with the row id that `insertion` gave. */
  committed(events: readonly NewEvent[], lastSequence: number): void;
  /** The log has let go of everything up to this sequence. */
  removedThrough(sequence: number): void;
}

/** Sequences are given by the transaction that commits; nobody sees an event before that. */
export function createSqliteEventLog(deps: {
  readonly storage: SqliteStorage;
  readonly log: Log;
}): SqliteEventLog {
  const { storage, log } = deps;
  const { logId, newestEvent, oldestEvent } = storage.opened;
  const listeners = new Set<() => void>();
  let newest = newestEvent;
  let oldest = oldestEvent;
  // INVARIANT: contiguous, and the last one is `newest`, unless there are none.
  let ring: StoredEvent[] = [];

  const lane = storage.openLane<NewEvent, string>({
    withinMs: WITHIN_MS,
    insertSql: INSERT,
    paramsOf: storedRows,
    rowOf,
    onCommitted: committed,
    onDropped(events, why) {
      log.error({ count: events.length, why }, "events could not be stored: they are lost");
    },
  });

  storage.continueLog({
    newestEvent: () => newest,
    onRemoved() {
      removedThrough(newest);
    },
  });

  function removedThrough(sequence: number): void {
    oldest = Math.max(oldest, sequence + 1);
    ring = ring.filter((event) => event.sequence >= oldest);
  }

  function committed(events: readonly NewEvent[], lastSequence: number): void {
    if (events.length === 0) return;
    const kept = events.slice(-RING_EVENTS);
    if (kept.length < events.length) ring = [];
    const first = lastSequence - kept.length + 1;
    ring.push(...kept.map((event, index) => ({ ...event, sequence: first + index })));
    // Twice the size, so that the array is not moved for every event.
    if (ring.length > 2 * RING_EVENTS) ring = ring.slice(-RING_EVENTS);
    newest = lastSequence;
    for (const listener of [...listeners]) listener();
  }

  function append(events: readonly NewEvent[]): void {
    for (const event of events) lane.push(event);
  }

  async function published(eventId: string): Promise<StoredEvent | undefined> {
    const [row] = await storage.query(FIND_PUBLISHED, [eventId]);
    return row && eventOf(row);
  }

  return {
    logId,
    append,
    offer(events) {
      if (storage.isFull()) return false;
      append(events);
      return true;
    },
    async publish(event) {
      try {
        const known = await published(event.eventId);
        if (known) return known;
        let sequence = 0;
        await storage.transact([insertion([event])], ([lastId = 0]) => {
          sequence = lastId;
          committed([event], lastId);
        });
        return { ...event, sequence };
      } catch (cause) {
        // The same event may have been published while this one waited.
        const known = await published(event.eventId).catch(() => undefined);
        if (known) return known;
        throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the event" }, { cause });
      }
    },
    newestSequence: () => newest,
    oldestSequence: () => oldest,
    async read(afterSequence, limit) {
      const after = Math.max(afterSequence, oldest - 1);
      const [first] = ring;
      if (after >= newest) return [];
      if (first && after + 1 >= first.sequence) {
        const start = after + 1 - first.sequence;
        return ring.slice(start, start + limit);
      }
      const [row] = await storage.query(READ, [after, limit]);
      return JSON.parse(String(row?.[0] ?? "[]")) as StoredEvent[];
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
    insertion,
    committed,
    removedThrough,
  };
}

function insertion(events: readonly NewEvent[]): Statement {
  const write = createBodyWriter();
  const rows = events.map((event) => {
    const { columns, body } = rowOf(event);
    return { columns, body: write(body) };
  });
  return { sql: INSERT, params: storedRows(rows) };
}

function rowOf(event: NewEvent): LaneRow<string> {
  const publishedId = event.sourceComponent === ENGINE ? null : event.eventId;
  const columns = `${event.timestampMs},${JSON.stringify(publishedId)}`;
  return { columns, body: JSON.stringify(event) };
}

function eventOf([sequence, body]: SqlRow): StoredEvent {
  return { ...(JSON.parse(String(body)) as NewEvent), sequence: Number(sequence) };
}
