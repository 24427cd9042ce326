import { contextViolations } from "../core/context-violations.js";
import { quoted } from "../core/quoted.js";
import type { FieldViolation } from "../core/request.js";
import type { ValueMap } from "../core/values.js";
import { ENGINE } from "./engine-events.js";
import { PdpError } from "./errors.js";
import type { Clock } from "./ports/clock.js";
import type { EventLog, EventSeverity, StoredEvent } from "./ports/event-log.js";
import type { Ids } from "./ports/ids.js";

const MAX_NAME = 128;
const MAX_ID = 256;
/** As JSON. Every subscriber gets the event, so one must not be a burden to all. */
const MAX_DETAILS_BYTES = 65_536;
// Source: RFC 9562, section 4. Any version: the publisher's library chooses.
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Types that only the engine tells of: whoever reads one may rely on it. */
export const ENGINE_EVENT_TYPES: ReadonlySet<string> = new Set([
  "ENGINE_START",
  "ENGINE_STOP",
  "DATABASE_SET_ASIDE",
  "POLICY_LOADED",
  "POLICY_APPLIED",
  "POLICY_VIOLATION",
  "POLICY_CREATED",
  "POLICY_UPDATED",
  "POLICY_DELETED",
  "POLICY_ENABLED",
  "POLICY_DISABLED",
  "POLICY_REJECTED",
  "POLICY_ROLLED_BACK",
  "POLICY_TYPE_UNKNOWN",
  "RULE_ERROR",
  "EVENTS_DROPPED",
  "TRUST_CHANGED",
  "ALERT_RAISED",
  "ALERT_RESOLVED",
]);

/** What another component of the platform says has happened. An empty text is "not given". */
export interface EventToPublish {
  /** Makes a retry harmless; a new one when not given. */
  readonly eventId: string;
  readonly sourceComponent: string;
  readonly eventType: string;
  /** Absent: not given, or none that there is. */
  readonly severity?: EventSeverity;
  readonly policyId: string;
  readonly clientId: string;
  readonly decisionId: string;
  readonly details: ValueMap;
}

/**
 * Stores an event of another component; it is durable, and on its way to subscribers, when the
 * promise settles. An `eventId` that the log has already answers what is stored under it, also after
 * a restart: nothing is appended, and what else was given is not looked at.
 * Failures: REQUEST_INVALID, STORAGE_UNAVAILABLE.
 */
export type PublishEvent = (event: EventToPublish | undefined) => Promise<StoredEvent>;

export function createPublishEvent(deps: {
  readonly eventLog: Pick<EventLog, "publish">;
  readonly ids: Pick<Ids, "eventId">;
  readonly clock: Pick<Clock, "nowMs">;
  /** Of the active set; absent while there is none. */
  readonly policyVersion: () => number | undefined;
}): PublishEvent {
  const { eventLog, ids, clock } = deps;
  return async (event) => {
    const violations = violationsOf(event);
    if (violations.length > 0 || event?.severity === undefined) {
      throw new PdpError({ reason: "REQUEST_INVALID", violations });
    }
    const { eventId, sourceComponent, eventType, severity, details } = event;
    const policyVersion = deps.policyVersion();
    return eventLog.publish({
      eventId: eventId === "" ? ids.eventId() : eventId.toLowerCase(),
      timestampMs: clock.nowMs(),
      ...{ sourceComponent, eventType, severity, details },
      ...(policyVersion !== undefined && { policyVersion }),
      ...(event.policyId !== "" && { policyId: event.policyId }),
      ...(event.clientId !== "" && { clientId: event.clientId }),
      ...(event.decisionId !== "" && { decisionId: event.decisionId }),
    });
  };
}

function violationsOf(event: EventToPublish | undefined): readonly FieldViolation[] {
  if (!event) return [{ field: "event", rule: "must be given" }];
  const violations: FieldViolation[] = [];
  const must = (field: string, rule: string | undefined): void => {
    if (rule !== undefined) violations.push({ field: `event.${field}`, rule });
  };
  const { eventId, sourceComponent, eventType, severity, details } = event;
  if (eventId !== "" && !UUID.test(eventId)) {
    must("event_id", `must be a UUID, got ${quoted(eventId)}`);
  }
  must("source_component", nameRule(sourceComponent) ?? componentRule(sourceComponent));
  must("event_type", nameRule(eventType) ?? typeRule(eventType));
  if (severity === undefined)
    must("severity", "must be EVENT_SEVERITY_INFO, _WARNING, _ERROR or _CRITICAL");
  must("policy_id", textRule(event.policyId, 0, MAX_ID));
  must("client_id", textRule(event.clientId, 0, MAX_ID));
  must("decision_id", textRule(event.decisionId, 0, MAX_ID));
  for (const { field, rule } of contextViolations(details, { refuseConnectionFields: false })) {
    must(field.replace(/^context/, "details"), rule);
  }
  if (violations.length === 0) must("details", sizeRule(details));
  return violations;
}

function nameRule(name: string): string | undefined {
  const isTrimmed = name.trim() === name;
  return isTrimmed
    ? textRule(name, 1, MAX_NAME)
    : `must not begin or end with a space, got ${quoted(name)}`;
}

// In any case: a reader that does not mind it must not be misled.
function componentRule(component: string): string | undefined {
  return component.toUpperCase() === ENGINE
    ? `must not be ${ENGINE}: that is the engine itself; give the name of your component`
    : undefined;
}

function typeRule(eventType: string): string | undefined {
  return ENGINE_EVENT_TYPES.has(eventType.toUpperCase())
    ? `must not be ${quoted(eventType)}: only the engine tells of that; give a type of your own`
    : undefined;
}

function textRule(text: string, least: number, most: number): string | undefined {
  const length = text.length > 2 * most ? text.length : [...text].length;
  const isPrintable = !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
  if (length >= least && length <= most && isPrintable) return undefined;
  const many = least === 0 ? `at most ${most}` : `${least} to ${most}`;
  return `must be ${many} printable characters, got ${quoted(text)}`;
}

function sizeRule(details: ValueMap): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(details));
  return bytes > MAX_DETAILS_BYTES
    ? `must be at most ${MAX_DETAILS_BYTES} bytes as JSON, got ${bytes}`
    : undefined;
}
