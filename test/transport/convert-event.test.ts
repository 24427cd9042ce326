import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { PdpError } from "../../src/application/errors.js";
import type { StoredEvent } from "../../src/application/ports/event-log.js";
import type { LostEvents } from "../../src/application/subscribe-to-events.js";
import { Event, EventFilter, EventSeverity } from "../../src/gen/flopynet/policy/v1/event.js";
import { LossCause, StreamEventsResponse } from "../../src/gen/flopynet/policy/v1/event_service.js";
import {
  eventBatchToProto,
  eventFilterFromProto,
  eventToProto,
  timeFromProto,
} from "../../src/transport/convert-event.js";

const EVENT: StoredEvent = {
  eventId: "e",
  sequence: 2 ** 53 - 1,
  timestampMs: 1_700_000_000_123,
  sourceComponent: "POLICY_ENGINE",
  eventType: "POLICY_VIOLATION",
  severity: "warning",
  policyVersion: 7,
  policyId: "p",
  clientId: "c",
  decisionId: "d",
  details: { reason: "no", nested: { list: [1, null] } },
};

function onTheWire(event: StoredEvent): Event {
  return Event.decode(Event.encode(eventToProto(event)).finish());
}

describe("an event, after the wire", () => {
  it("has every field, with a sequence that lost no digit", () => {
    expect(onTheWire(EVENT)).toEqual({
      eventId: "e",
      sequence: "9007199254740991",
      timestamp: new Date(1_700_000_000_123),
      sourceComponent: "POLICY_ENGINE",
      eventType: "POLICY_VIOLATION",
      severity: EventSeverity.EVENT_SEVERITY_WARNING,
      policyVersion: "7",
      policyId: "p",
      clientId: "c",
      decisionId: "d",
      details: { reason: "no", nested: { list: [1, null] } },
    });
  });

  it("has empty texts and version 0 for what it does not concern", () => {
    const { policyVersion: _v, policyId: _p, clientId: _c, decisionId: _d, ...rest } = EVENT;
    expect(onTheWire(rest)).toMatchObject({
      policyVersion: "0",
      policyId: "",
      clientId: "",
      decisionId: "",
    });
  });
});

describe("a delivery, after the wire", () => {
  // prettier-ignore
  it.each<[cause: LostEvents["cause"], expected: LossCause]>([
    ["slow_consumer", LossCause.LOSS_CAUSE_SLOW_CONSUMER],
    ["retention",     LossCause.LOSS_CAUSE_RETENTION],
  ])("says what is lost through %s", (cause, expected) => {
    const lost = { count: 3, firstSequence: 5, lastSequence: 9, cause };
    const message = eventBatchToProto({ events: [EVENT], cursor: "c", lost });
    const bytes = StreamEventsResponse.encode(message).finish();
    expect(StreamEventsResponse.decode(bytes)).toMatchObject({
      events: [{ eventId: "e" }],
      cursor: "c",
      lost: { count: "3", firstSequence: "5", lastSequence: "9", cause: expected },
    });
  });

  it("without events is a bookmark: a cursor and nothing else", () => {
    expect(eventBatchToProto({ events: [], cursor: "c" })).toEqual({ events: [], cursor: "c" });
  });
});

describe("a filter from the wire", () => {
  it("that is absent lets everything through", () => {
    const lists = { eventTypes: [], sourceComponents: [], policyIds: [], clientIds: [] };
    expect(eventFilterFromProto(undefined)).toEqual({ ...lists, severities: [] });
  });

  it("has its severities as words", () => {
    const severities = [
      EventSeverity.EVENT_SEVERITY_INFO,
      EventSeverity.EVENT_SEVERITY_WARNING,
      EventSeverity.EVENT_SEVERITY_ERROR,
      EventSeverity.EVENT_SEVERITY_CRITICAL,
    ];
    const filter = EventFilter.create({ severities });
    expect(eventFilterFromProto(filter).severities).toEqual([
      "info",
      "warning",
      "error",
      "critical",
    ]);
  });

  it.each([0, 5, -1])("with severity %i, which is none, is refused by name", (severity) => {
    const bytes = new BinaryWriter().uint32(16).int32(1).uint32(16).int32(severity).finish();
    const filter = EventFilter.decode(bytes);
    expect(() => eventFilterFromProto(filter)).toThrow(
      `filter.severities[1] must be EVENT_SEVERITY_INFO, _WARNING, _ERROR or _CRITICAL, got ${severity}`,
    );
  });
});

describe("a time from the wire", () => {
  it("may be absent", () => {
    expect(timeFromProto("start_time", undefined)).toBeUndefined();
  });

  it("is milliseconds", () => {
    expect(timeFromProto("start_time", new Date(5))).toBe(5);
  });

  it("beyond what a clock can show is refused by name", () => {
    expect(() => timeFromProto("end_time", new Date(NaN))).toThrow(PdpError);
    expect(() => timeFromProto("end_time", new Date(NaN))).toThrow(/^end_time must be/);
  });
});
