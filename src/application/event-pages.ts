import type { FieldViolation } from "../core/request.js";
import { PdpError } from "./errors.js";
import type { EventCursors } from "./event-cursor.js";
import { compileEventFilter, eventFilterViolations } from "./event-filter.js";
import { nextTurn } from "./next-turn.js";
import type { EventLog, StoredEvent } from "./ports/event-log.js";
import { hashOf } from "./query-hash.js";
import type { EventFeed, ListEventsQuery } from "./subscribe-to-events.js";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;
const READ_EVENTS = 256;
/** Events looked at for one page; a page that ends there is short and has a token. */
const MAX_SCANNED_EVENTS = 50_000;

/**
 * Pages of a log that grows while it is read: newest first a later page never repeats or shifts,
 * oldest first it goes on into what has been added.
 */
export function createListEvents(deps: {
  readonly eventLog: EventLog;
  readonly cursors: EventCursors;
}): EventFeed["list"] {
  const { eventLog, cursors } = deps;

  return async (query) => {
    const violations = queryViolations(query);
    if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
    const filter = compileEventFilter(query.filter);
    const pageSize = Math.min(query.pageSize === 0 ? DEFAULT_PAGE : query.pageSize, MAX_PAGE);
    const { newestFirst, startTimeMs = -Infinity, endTimeMs = Infinity } = query;
    const matches = (event: StoredEvent): boolean =>
      event.timestampMs >= startTimeMs && event.timestampMs < endTimeMs && filter.matches(event);

    const newest = eventLog.newestSequence();
    const queryHash = hashOf(JSON.stringify([filter.key, startTimeMs, endTimeMs, newestFirst]));
    // Everything up to `position` (from it on, newest first) is on pages already given.
    let position = startOf(query, newest, queryHash);

    const events: StoredEvent[] = [];
    let scanned = 0;
    for (;;) {
      const chunk = newestFirst ? await before(position) : await after(position, newest);
      for (const event of chunk) {
        const isMatch = matches(event);
        // The page ends where the next one has something to show, so that no page is empty in vain.
        const isFull = isMatch && events.length === pageSize;
        if (isFull || scanned === MAX_SCANNED_EVENTS) {
          return { events, nextPageToken: cursors.pageTokenAt({ sequence: position, queryHash }) };
        }
        if (isMatch) events.push(event);
        scanned += 1;
        position = event.sequence;
      }
      if (chunk.length === 0) return { events, nextPageToken: "" };
      await nextTurn();
    }
  };

  function startOf(query: ListEventsQuery, newest: number, queryHash: string): number {
    if (query.pageToken === "") return query.newestFirst ? newest + 1 : 0;
    const page = cursors.pagePositionOf(query.pageToken, newest, "page_token");
    if (page.queryHash !== queryHash) throw tokenOfAnotherQuery();
    return page.sequence;
  }

  async function after(position: number, newest: number): Promise<readonly StoredEvent[]> {
    const events = await eventLog.read(position, READ_EVENTS);
    return events.filter(({ sequence }) => sequence <= newest);
  }

  async function before(position: number): Promise<readonly StoredEvent[]> {
    const start = Math.max(eventLog.oldestSequence() - 1, position - 1 - READ_EVENTS);
    const count = position - 1 - start;
    if (count < 1) return [];
    const events = await eventLog.read(start, count);
    return events.filter(({ sequence }) => sequence < position).reverse();
  }
}

function queryViolations(query: ListEventsQuery): readonly FieldViolation[] {
  const { pageSize, startTimeMs, endTimeMs } = query;
  const violations = [...eventFilterViolations(query.filter)];
  if (!Number.isInteger(pageSize) || pageSize < 0) {
    violations.push({
      field: "page_size",
      rule: `must be a whole number from 0 (the default of ${DEFAULT_PAGE}), got ${pageSize}`,
    });
  }
  if (startTimeMs !== undefined && endTimeMs !== undefined && startTimeMs > endTimeMs) {
    violations.push({ field: "end_time", rule: "must not be before start_time" });
  }
  return violations;
}

function tokenOfAnotherQuery(): PdpError {
  return new PdpError({
    reason: "REQUEST_INVALID",
    violations: [
      {
        field: "page_token",
        rule: "belongs to another query: send the filter, times and order it was given for",
      },
    ],
  });
}
