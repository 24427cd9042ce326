import type { StoredEvent } from "../../../application/ports/event-log.js";

/** One event of `GET /events`, under the documented names and those that FLOPY-NET's clients read. */
export function eventJson(event: StoredEvent): object {
  return {
    event_id: event.eventId,
    id: event.eventId,
    sequence: event.sequence,
    timestamp: microsecondTime(event.timestampMs),
    source_component: event.sourceComponent,
    source: event.sourceComponent,
    event_type: event.eventType,
    type: event.eventType,
    severity: event.severity.toUpperCase(),
    level: event.severity.toUpperCase(),
    ...(event.policyVersion !== undefined && { policy_version: event.policyVersion }),
    ...(event.policyId !== undefined && { policy_id: event.policyId }),
    ...(event.clientId !== undefined && { client_id: event.clientId }),
    ...(event.decisionId !== undefined && { decision_id: event.decisionId }),
    details: event.details,
  };
}

// Why not toISOString: before Python 3.11 `datetime.fromisoformat` takes neither `Z` nor three digits.
function microsecondTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000+00:00");
}
