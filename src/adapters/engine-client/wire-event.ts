import type { EventSeverity, StoredEvent } from "../../application/ports/event-log.js";
import type { EventFilter, LostEvents } from "../../application/subscribe-to-events.js";
import { mapOf, type WireAnswer, type WireStruct } from "./wire-answer.js";

interface WireTime {
  readonly seconds: number;
  readonly nanos: number;
}

/** Event, as a dynamic client has it. */
export interface WireEvent {
  readonly eventId: string;
  readonly sequence: number;
  readonly timestamp: WireTime | null;
  readonly sourceComponent: string;
  readonly eventType: string;
  readonly severity: string;
  readonly policyVersion: number;
  readonly policyId: string;
  readonly clientId: string;
  readonly decisionId: string;
  readonly details: WireStruct | null;
}

/** StreamEventsResponse, as a dynamic client has it. */
export interface WireDelivery {
  readonly events: readonly WireEvent[];
  readonly cursor: string;
  readonly lost: WireLost | null;
}

interface WireLost {
  readonly count: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly cause: string;
}

/** Decision, as a dynamic client has it. */
export interface WireDecision {
  readonly decisionId: string;
  readonly time: WireTime | null;
  readonly policyType: string;
  readonly request: WireStruct | null;
  readonly response: WireAnswer;
  readonly latencyUs: number;
  readonly redacted: boolean;
}

export function eventFromWire(wire: WireEvent): StoredEvent {
  const { eventId, sequence, sourceComponent, eventType } = wire;
  const { policyVersion, policyId, clientId, decisionId } = wire;
  return {
    ...{ eventId, sequence, sourceComponent, eventType },
    timestampMs: msOf(wire.timestamp),
    severity: wire.severity.replace("EVENT_SEVERITY_", "").toLowerCase() as EventSeverity,
    ...(policyVersion !== 0 && { policyVersion }),
    ...(policyId !== "" && { policyId }),
    ...(clientId !== "" && { clientId }),
    ...(decisionId !== "" && { decisionId }),
    details: mapOf(wire.details),
  };
}

export function lostFromWire({ cause, ...range }: WireLost): LostEvents {
  const word = cause.replace("LOSS_CAUSE_", "").toLowerCase() as LostEvents["cause"];
  return { ...range, cause: word };
}

export function filterToWire(filter: EventFilter): object {
  const severities = filter.severities.map((word) => `EVENT_SEVERITY_${word.toUpperCase()}`);
  return { ...filter, severities };
}

/** Milliseconds since 1970. */
export function msOf(time: WireTime | null): number {
  return time ? time.seconds * 1000 + Math.floor(time.nanos / 1e6) : 0;
}
