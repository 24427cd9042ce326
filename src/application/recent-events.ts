import type { EventTail } from "./event-tail.js";
import type { EventFeed } from "./subscribe-to-events.js";

/** The newest events, as the documented `GET /events` shows them. */
export function createRecentEvents(tail: EventTail): EventFeed["recent"] {
  return ({ sinceEventId, limit }) => {
    const kept = tail.all();
    const since = kept.findIndex(({ eventId }) => eventId === sinceEventId);
    // An unknown id is -1, and so begins at the oldest kept.
    const events = kept.slice(since + 1, since + 1 + Math.max(0, Math.floor(limit)));
    const lastEvent = events.at(-1) ?? (since === -1 ? kept.at(-1) : kept[since]);
    return { events, lastEventId: lastEvent?.eventId ?? null };
  };
}
