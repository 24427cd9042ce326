import { z } from "zod";
import { invalidField } from "../../../application/errors.js";
import type { EventSeverity } from "../../../application/ports/event-log.js";
import type { ValueMap } from "../../../core/values.js";
import { eventJson } from "../documented/event-shape.js";
import { flagParameter, limitParameter, textParameter, timeParameter } from "../query-schemas.js";
import { declareRoute, type RouteAlias, type RouteDeclaration } from "../route-declaration.js";

const SEVERITIES: ReadonlyMap<string, EventSeverity> = new Map([
  ["info", "info"],
  ["warning", "warning"],
  ["warn", "warning"],
  ["error", "error"],
  ["critical", "critical"],
]);
const ANYBODY = "api";

const text = z.string().nullish();

export const EVENT_ROUTES: readonly (RouteDeclaration | RouteAlias)[] = [
  declareRoute({
    method: "GET",
    path: "/api/v1/events",
    origin: "described",
    summary: "Events as they are kept, page by page; times are seconds since 1970",
    rpc: "EventService.ListEvents",
    query: z.object({
      ...{ start_time: timeParameter, end_time: timeParameter },
      ...{ type: textParameter, severity: textParameter, source: textParameter },
      ...{ policy_id: textParameter, client_id: textParameter },
      limit: limitParameter({ most: 1000, usual: 100 }),
      page_token: textParameter,
      oldest_first: flagParameter,
    }),
    answer: z.looseObject({
      events: z.array(z.looseObject({ event_id: z.string(), timestamp: z.number() })),
      total: z.int(),
      next_page_token: z.string(),
    }),
    handle: async ({ query }, { eventFeed }) => {
      const { start_time: startTimeMs, end_time: endTimeMs } = query;
      const severity = query.severity === undefined ? undefined : severityOf(query.severity);
      const page = await eventFeed.list({
        filter: {
          eventTypes: listOf(query.type),
          severities: severity === undefined ? [] : [severity],
          sourceComponents: listOf(query.source),
          policyIds: listOf(query.policy_id),
          clientIds: listOf(query.client_id),
        },
        pageSize: query.limit,
        pageToken: query.page_token ?? "",
        ...(startTimeMs !== undefined && { startTimeMs }),
        ...(endTimeMs !== undefined && { endTimeMs }),
        newestFirst: !query.oldest_first,
      });
      const events = page.events.map((event) => ({
        ...eventJson(event),
        timestamp: event.timestampMs / 1000,
      }));
      return {
        json: { events, total: events.length, next_page_token: page.nextPageToken },
      };
    },
  }),
  {
    method: "GET",
    path: "/api/v1/events/stream",
    origin: "described",
    summary: "Events as they happen, as Server-Sent Events",
    servedAs: "/v1/events:stream",
  },
  ...(["/events", "/api/v1/events"] as const).map((path) =>
    declareRoute({
      method: "POST",
      path,
      origin: "described",
      summary: "Publishes an event of another component; durable when it is answered",
      rpc: "EventService.PublishEvent",
      body: z.looseObject({
        ...{ event_id: text, id: text, source_component: text, source: text, component: text },
        ...{ event_type: text, type: text, severity: text, level: text },
        ...{ policy_id: text, client_id: text, decision_id: text },
        details: z.looseObject({}).nullish(),
      }),
      status: 201,
      answer: z.looseObject({ success: z.literal(true), event_id: z.string(), id: z.string() }),
      handle: async ({ body }, { publishEvent }) => {
        const event = await publishEvent({
          eventId: body.event_id ?? body.id ?? "",
          sourceComponent: body.source_component ?? body.source ?? body.component ?? ANYBODY,
          eventType: body.event_type ?? body.type ?? "",
          severity: severityOf(body.severity ?? body.level ?? "info"),
          ...{ policyId: body.policy_id ?? "", clientId: body.client_id ?? "" },
          decisionId: body.decision_id ?? "",
          details: (body.details ?? {}) as ValueMap,
        });
        return { json: { success: true, ...eventJson(event) } };
      },
    }),
  ),
];

/** @throws {PdpError} REQUEST_INVALID. */
function severityOf(word: string): EventSeverity {
  const severity = SEVERITIES.get(word.toLowerCase());
  if (severity !== undefined) return severity;
  throw invalidField("severity", "must be INFO, WARNING, ERROR or CRITICAL");
}

function listOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.split(",");
}
