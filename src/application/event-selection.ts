import type { Value } from "../core/values.js";
import type { CompiledEventFilter } from "./event-filter.js";
import type { EventTail } from "./event-tail.js";
import type { EventLog, StoredEvent } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";

const MAX_BATCH_EVENTS = 256;
const MAX_BATCH_BYTES = 256 * 1024;
/** Events looked at for one selection: the bound on the work for a filter that matches little. */
const MAX_SCANNED_EVENTS = 1024;
const CHUNK_EVENTS = 256;
const CACHED_CHUNKS = 16;
const CHUNKS_READ_AT_ONCE = 4;
const CACHED_SELECTIONS = 256;
const RETRY_MS = 1000;

/** What comes next for every subscriber at one position with one filter. */
export interface EventSelection {
  /** Those that match, oldest first; may be empty. */
  readonly events: readonly StoredEvent[];
  /** Sequence of the last event looked at. */
  readonly through: number;
}

/** The events of a place in the log. */
interface Chunk {
  readonly chunk: number;
  readonly events: readonly StoredEvent[];
}

/** Selects events for subscribers, once for all with equal filter and position. */
export interface EventSelector {
  /**
   * What follows `position`: at most 256 events, about 256 KiB. Undefined when there is nothing yet,
   * or it is being read; `onReadable` tells.
   */
  after(position: number, filter: CompiledEventFilter): EventSelection | undefined;
  /** Lets go of the selections, not of the events. Call after each round. */
  forget(): void;
}

/**
 * Serves from the tail, and from the log what is older. The log is read in chunks at fixed places,
 * so that subscribers that are behind by different amounts come to share chunks and then positions;
 * memory is bounded by 20 chunks, however many there are.
 */
export function createEventSelector(deps: {
  readonly eventLog: EventLog;
  readonly tail: EventTail;
  readonly log: Log;
  readonly onReadable: () => void;
}): EventSelector {
  const { eventLog, tail, log, onReadable } = deps;
  // Neither of them is a map that is emptied and filled again: a map's old tables hold on to newer ones,
  // so that minor garbage collections keep everything that ever was in it.
  let chunks: readonly Chunk[] = [];
  let selections = new Map<CompiledEventFilter, Map<number, EventSelection>>();
  const reading = new Set<number>();
  let cached = 0;

  /** @param most - Chunks being read with it. */
  function read(chunk: number, most = CHUNKS_READ_AT_ONCE): void {
    if (reading.has(chunk) || reading.size >= most) return;
    reading.add(chunk);
    eventLog.read(chunk * CHUNK_EVENTS, CHUNK_EVENTS).then(
      (events) => {
        reading.delete(chunk);
        const others = chunks.filter((other) => other.chunk !== chunk);
        chunks = [...others, { chunk, events }].slice(-CACHED_CHUNKS);
        onReadable();
      },
      (error: unknown) => {
        log.error({ error }, "events cannot be read: trying again in a second");
        setTimeout(() => {
          reading.delete(chunk);
          onReadable();
        }, RETRY_MS).unref();
      },
    );
  }

  function inChunk(chunk: number): readonly StoredEvent[] | undefined {
    return chunks.find((one) => one.chunk === chunk)?.events;
  }

  function eventsAfter(position: number): readonly StoredEvent[] {
    const inMemory = tail.after(position);
    if (inMemory) return inMemory;
    const chunk = Math.floor(position / CHUNK_EVENTS);
    const events = inChunk(chunk)?.filter(({ sequence }) => sequence > position) ?? [];
    // A gap is what the log removed: the caller learns that from the log's oldest sequence.
    if (events[0]?.sequence === position + 1) {
      // Read while these are delivered: who is far behind need not wait for the disk.
      for (let next = 1; next <= CHUNKS_READ_AT_ONCE; next += 1) {
        const isStored = (chunk + next) * CHUNK_EVENTS < eventLog.newestSequence();
        // One is left for somebody who waits for what he gets next.
        if (isStored && !inChunk(chunk + next)) read(chunk + next, CHUNKS_READ_AT_ONCE - 1);
      }
      return events;
    }
    read(chunk);
    return [];
  }

  function forget(): void {
    selections = new Map();
    cached = 0;
  }

  return {
    after(position, filter) {
      let ofFilter = selections.get(filter);
      const known = ofFilter?.get(position);
      if (known) return known;

      const selection = select(eventsAfter(position), filter);
      if (!selection) return undefined;
      if (cached >= CACHED_SELECTIONS) forget();
      ofFilter = selections.get(filter) ?? new Map<number, EventSelection>();
      selections.set(filter, ofFilter.set(position, selection));
      cached += 1;
      return selection;
    },
    forget,
  };
}

function select(
  events: readonly StoredEvent[],
  filter: CompiledEventFilter,
): EventSelection | undefined {
  const matching: StoredEvent[] = [];
  let bytes = 0;
  let through: number | undefined;
  for (const event of events.slice(0, MAX_SCANNED_EVENTS)) {
    if (filter.matches(event)) {
      bytes += 300 + approximateBytes(event.details); // 300: what every event has.
      if (matching.length > 0 && bytes > MAX_BATCH_BYTES) break;
      matching.push(event);
    }
    through = event.sequence;
    if (matching.length === MAX_BATCH_EVENTS) break;
  }
  return through === undefined ? undefined : { events: matching, through };
}

function approximateBytes(value: Value): number {
  if (typeof value === "string") return value.length + 4;
  if (typeof value !== "object" || value === null) return 10;
  let bytes = 4;
  for (const [key, element] of Object.entries(value)) {
    bytes += key.length + 4 + approximateBytes(element);
  }
  return bytes;
}
