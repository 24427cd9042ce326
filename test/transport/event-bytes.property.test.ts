import fc from "fast-check";
import { expect, test } from "vitest";
import { Event, EventSeverity } from "../../src/gen/flopynet/policy/v1/event.js";
import { LossCause, StreamEventsResponse } from "../../src/gen/flopynet/policy/v1/event_service.js";
import { eventBatchBytes } from "../../src/transport/grpc/event-bytes.js";

/** Of every length of a length: up to 127 bytes, 16,383 and more; also halves of a surrogate pair. */
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("", "a".repeat(127), "é".repeat(64), "a".repeat(16_384), "\ud800", "x\udc00y"),
);
/** A number with a length of its own in bytes. */
const count = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1),
  fc.maxSafeNat(),
);
const int64 = fc.oneof(count.map(String), fc.constantFrom("-1", "9223372036854775807"));
const value = fc.jsonValue({ noUnicodeString: false });
const event: fc.Arbitrary<Event> = fc.record({
  eventId: text,
  sequence: int64,
  timestamp: fc.oneof(
    fc.date({ min: new Date(0), noInvalidDate: true }),
    fc.constantFrom(undefined, new Date(-1), new Date(-1500)),
  ),
  sourceComponent: text,
  eventType: text,
  severity: fc.constantFrom(
    EventSeverity.EVENT_SEVERITY_UNSPECIFIED,
    EventSeverity.EVENT_SEVERITY_INFO,
  ),
  policyVersion: int64,
  policyId: text,
  clientId: text,
  decisionId: text,
  details: fc.option(fc.dictionary(text, fc.oneof(value, fc.double(), fc.constant(undefined))), {
    nil: undefined,
  }),
});
const lost = fc.option(
  fc.record({
    count: count.map(String),
    firstSequence: count.map(String),
    lastSequence: count.map(String),
    cause: fc.constant(LossCause.LOSS_CAUSE_RETENTION),
  }),
  { nil: undefined },
);

test("events are the very bytes that the generated code makes", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), text, lost, (events, cursor, lostEvents) => {
      const message: StreamEventsResponse = { events, cursor, lost: lostEvents };
      const generated = StreamEventsResponse.encode(message).finish();
      expect(eventBatchBytes(message)).toEqual(Buffer.from(generated));
    }),
  );
});

test("a length that needs more bytes than were left for it finds room where the memory ends", () => {
  let v: unknown = Array.from({ length: 16_340 }, () => true);
  for (let depth = 0; depth < 20; depth += 1) v = [v];
  for (let more = 0; more < 120; more += 1) {
    const eventId = "a".repeat(more);
    const message = StreamEventsResponse.fromPartial({
      events: [{ eventId, timestamp: new Date(0), details: { v } }],
    });
    const generated = StreamEventsResponse.encode(message).finish();
    expect(Buffer.compare(eventBatchBytes(message), generated), `${more}`).toBe(0);
  }
});

test("what was written before a batch that does not fit is kept", () => {
  const details = { text: "é".repeat(30_000), list: [1, [], { a: null }] };
  const one: Event = Event.fromPartial({ eventId: "one", sequence: "1", details });
  const message = StreamEventsResponse.fromPartial({
    events: Array.from({ length: 40 }, (_, index) => ({ ...one, timestamp: new Date(index) })),
    cursor: "here",
  });
  expect(StreamEventsResponse.decode(eventBatchBytes(message))).toEqual(
    StreamEventsResponse.decode(StreamEventsResponse.encode(message).finish()),
  );
});
