import { describe, expect, it } from "vitest";
import { compileEventFilter, eventFilterViolations } from "../../src/application/event-filter.js";
import type { EventFilter } from "../../src/application/subscribe-to-events.js";
import { anEvent, EVERYTHING } from "../support/events.js";

const EVENT = anEvent({
  eventType: "POLICY_VIOLATION",
  severity: "warning",
  sourceComponent: "POLICY_ENGINE",
  policyId: "net",
  clientId: "client-1",
});

describe("an event filter", () => {
  it.each<[says: string, filter: Partial<EventFilter>, matches: boolean]>([
    ["without lists matches all", {}, true],
    ["matches any value of a list", { eventTypes: ["X", "POLICY_VIOLATION"] }, true],
    ["matches no value of a list", { eventTypes: ["X"] }, false],
    ["compares exactly, with case", { eventTypes: ["policy_violation"] }, false],
    ["looks at the severity", { severities: ["error"] }, false],
    ["looks at the source", { sourceComponents: ["FL_SERVER"] }, false],
    ["looks at the policy", { policyIds: ["net"] }, true],
    ["looks at the client", { clientIds: ["client-2"] }, false],
    ["needs all lists to match", { policyIds: ["net"], clientIds: ["client-2"] }, false],
    ["matches when all lists do", { policyIds: ["net"], clientIds: ["client-1"] }, true],
    ["takes names of objects as text", { eventTypes: ["constructor", "__proto__"] }, false],
  ])("%s", (_says, filter, matches) => {
    expect(compileEventFilter({ ...EVERYTHING, ...filter }).matches(EVENT)).toBe(matches);
  });

  it("does not match an event without the field", () => {
    const filter = compileEventFilter({ ...EVERYTHING, clientIds: [""] });
    expect(filter.matches(anEvent())).toBe(false);
  });

  it("has the same key as another exactly when it is equal", () => {
    const key = (filter: Partial<EventFilter>): string =>
      compileEventFilter({ ...EVERYTHING, ...filter }).key;
    expect(key({ policyIds: ["a", "b"] })).toBe(key({ policyIds: ["b", "a", "b"] }));
    expect(key({ policyIds: ["a"] })).not.toBe(key({ clientIds: ["a"] }));
    expect(key({ policyIds: ["a,b"] })).not.toBe(key({ policyIds: ["a", "b"] }));
  });

  it("has a key that is bounded, because the largest filter is", () => {
    const largest = {
      ...EVERYTHING,
      policyIds: Array.from({ length: 64 }, (_, n) => `${n}`.padEnd(256, "a")),
    };
    expect(eventFilterViolations(largest)).toEqual([]);
    expect(compileEventFilter(largest).key.length).toBeLessThan(20_000);
    const larger = { ...largest, clientIds: ["a"] };
    expect(eventFilterViolations(larger)).toHaveLength(1);
  });

  it("is refused with more than 1,000 values in a list, by the list's name", () => {
    const clientIds = Array.from({ length: 1001 }, (_, n) => `client-${n}`);
    expect(eventFilterViolations({ ...EVERYTHING, clientIds })).toEqual([
      { field: "filter.client_ids", rule: "must have at most 1000 values, got 1001" },
    ]);
    expect(eventFilterViolations({ ...EVERYTHING, clientIds: clientIds.slice(1) })).toEqual([]);
  });

  it("has at most 256 characters in a value: the first longer one of each list is named", () => {
    const long = "x".repeat(257);
    const filter = { ...EVERYTHING, eventTypes: ["a", "b", "c", long, long], clientIds: [long] };
    const rule = "must have at most 256 characters, got 257";
    expect(eventFilterViolations(filter)).toEqual([
      { field: "filter.event_types[3]", rule },
      { field: "filter.client_ids[0]", rule },
    ]);
    for (const value of [long.slice(1), "🌸".repeat(256)]) {
      expect(eventFilterViolations({ ...EVERYTHING, eventTypes: [value] })).toEqual([]);
    }
  });

  it("has at most 16,384 characters in all its values", () => {
    const values = Array.from({ length: 32 }, () => "x".repeat(256));
    const filter = { ...EVERYTHING, policyIds: values, clientIds: values };
    expect(eventFilterViolations(filter)).toEqual([]);
    expect(eventFilterViolations({ ...filter, eventTypes: ["y"] })).toEqual([
      { field: "filter", rule: "must have at most 16384 characters in all its values, got 16385" },
    ]);
  });
});
