import { invalidField } from "../application/errors.js";
import type { EventSeverity as CoreSeverity, StoredEvent } from "../application/ports/event-log.js";
import type { EventToPublish } from "../application/publish-event.js";
import type {
  EventBatch,
  EventFilter as CoreFilter,
  LostEvents as CoreLost,
} from "../application/subscribe-to-events.js";
import { type Event, type EventFilter, EventSeverity } from "../gen/flopynet/policy/v1/event.js";
import {
  type LostEvents,
  LossCause,
  type StreamEventsResponse,
} from "../gen/flopynet/policy/v1/event_service.js";
import { structFromValues, structToValues } from "./convert-struct.js";

const SEVERITY = {
  info: EventSeverity.EVENT_SEVERITY_INFO,
  warning: EventSeverity.EVENT_SEVERITY_WARNING,
  error: EventSeverity.EVENT_SEVERITY_ERROR,
  critical: EventSeverity.EVENT_SEVERITY_CRITICAL,
} as const satisfies Record<CoreSeverity, EventSeverity>;

const SEVERITY_WORD: ReadonlyMap<EventSeverity, CoreSeverity> = new Map(
  Object.entries(SEVERITY).map(([word, value]) => [value, word as CoreSeverity]),
);

const LOSS_CAUSE = {
  slow_consumer: LossCause.LOSS_CAUSE_SLOW_CONSUMER,
  retention: LossCause.LOSS_CAUSE_RETENTION,
} as const satisfies Record<CoreLost["cause"], LossCause>;

export function eventToProto(event: StoredEvent): Event {
  return {
    eventId: event.eventId,
    sequence: String(event.sequence),
    timestamp: new Date(event.timestampMs),
    sourceComponent: event.sourceComponent,
    eventType: event.eventType,
    severity: SEVERITY[event.severity],
    policyVersion: String(event.policyVersion ?? 0),
    policyId: event.policyId ?? "",
    clientId: event.clientId ?? "",
    decisionId: event.decisionId ?? "",
    details: structFromValues(event.details),
  };
}

/** Only what a publisher says: sequence, time and policy version are the engine's. */
export function eventToPublishFromProto(event: Event): EventToPublish {
  const { eventId, sourceComponent, eventType, policyId, clientId, decisionId, details } = event;
  const severity = SEVERITY_WORD.get(event.severity);
  return {
    ...{ eventId, sourceComponent, eventType, policyId, clientId, decisionId },
    ...(severity && { severity }),
    details: structToValues(details),
  };
}

export function eventBatchToProto({ events, cursor, lost }: EventBatch): StreamEventsResponse {
  return { events: events.map(eventToProto), cursor, ...(lost && { lost: lostToProto(lost) }) };
}

function lostToProto({ count, firstSequence, lastSequence, cause }: CoreLost): LostEvents {
  return {
    count: String(count),
    firstSequence: String(firstSequence),
    lastSequence: String(lastSequence),
    cause: LOSS_CAUSE[cause],
  };
}

/** @throws {PdpError} REQUEST_INVALID for a severity that is not one. */
export function eventFilterFromProto(filter: EventFilter | undefined): CoreFilter {
  return {
    eventTypes: filter?.eventTypes ?? [],
    severities: (filter?.severities ?? []).map(severityFromProto),
    sourceComponents: filter?.sourceComponents ?? [],
    policyIds: filter?.policyIds ?? [],
    clientIds: filter?.clientIds ?? [],
  };
}

function severityFromProto(value: EventSeverity, index: number): CoreSeverity {
  const word = SEVERITY_WORD.get(value);
  if (word !== undefined) return word;
  const rule = `must be EVENT_SEVERITY_INFO, _WARNING, _ERROR or _CRITICAL, got ${value}`;
  throw invalidField(`filter.severities[${index}]`, rule);
}

/** @throws {PdpError} REQUEST_INVALID for a time that is out of a clock's range. */
export function timeFromProto(field: string, time: Date | undefined): number | undefined {
  const ms = time?.getTime();
  if (ms === undefined || Number.isFinite(ms)) return ms;
  throw invalidField(field, "must be from the year 1 to the year 9999");
}
