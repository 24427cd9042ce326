import { z } from "zod";
import { limitParameter, textParameter } from "../query-schemas.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";
import { eventJson } from "./event-shape.js";

const MAX_EVENTS = 1000;

const event = z.looseObject({
  event_id: z.string(),
  id: z.string().meta({ description: "event_id, as FLOPY-NET's collector reads it" }),
  sequence: z.int(),
  timestamp: z.string().meta({ description: "ISO 8601 with microseconds and +00:00" }),
  source_component: z.string(),
  source: z.string(),
  event_type: z.string(),
  type: z.string(),
  severity: z.enum(["INFO", "WARNING", "ERROR", "CRITICAL"]),
  level: z.string(),
  details: z.looseObject({}),
});

export const EVENT_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "GET",
    path: "/events",
    origin: "documented",
    summary: "The newest 1,000 events, oldest first; those after since_event_id where it is kept",
    rpc: "EventService.ListEvents",
    query: z.object({
      since_event_id: textParameter,
      limit: limitParameter({ most: MAX_EVENTS, usual: MAX_EVENTS }),
    }),
    answer: z.object({
      events: z.array(event),
      total: z.int(),
      last_event_id: z.string().nullable(),
    }),
    handle: ({ query }, { eventFeed }) => {
      const { events, lastEventId } = eventFeed.recent({
        ...(query.since_event_id !== undefined && { sinceEventId: query.since_event_id }),
        limit: query.limit,
      });
      return {
        json: { events: events.map(eventJson), total: events.length, last_event_id: lastEventId },
      };
    },
  }),
];
