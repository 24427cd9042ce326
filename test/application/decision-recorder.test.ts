import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StoredEvent } from "../../src/application/ports/event-log.js";
import { aRecorder, DENY, INVALID, PERMIT, record, rule } from "../support/decision-records.js";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_750_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a recorded decision", () => {
  it("that permits is POLICY_APPLIED", async () => {
    const { record: add, events } = aRecorder();
    const decisionId = randomUUID();
    add(record(PERMIT, { decisionId, clientId: "client-1" }));
    expect(await events()).toEqual([
      {
        sequence: 1,
        eventId: expect.any(String) as string,
        timestampMs: 1_750_000_000_000,
        sourceComponent: "POLICY_ENGINE",
        eventType: "POLICY_APPLIED",
        severity: "info",
        policyVersion: 3,
        policyId: "net",
        clientId: "client-1",
        decisionId,
        details: {
          decision_id: decisionId,
          request_id: "request-1",
          policy_type: "network_security",
          allowed: true,
          reason: PERMIT.reason,
          policy_id: "net",
          rule_id: "a",
          action: "allow",
          client_id: "client-1",
          duration_ms: 0.25,
        },
      },
    ]);
  });

  it("that denies is POLICY_VIOLATION, a warning, with the kind of deny", async () => {
    const { record: add, events } = aRecorder();
    add(record(DENY));
    expect(await events()).toMatchObject([
      {
        eventType: "POLICY_VIOLATION",
        severity: "warning",
        details: { allowed: false, deny_kind: "explicit", rule_id: "d" },
      },
    ]);
  });

  it("by default names no policy, no rule and no client", async () => {
    const { record: add, events } = aRecorder();
    add(record({ ...DENY, denyKind: "default", determiningRules: [] }));
    const [event] = await events();
    expect(event).not.toHaveProperty("policyId");
    expect(event).not.toHaveProperty("clientId");
    expect(event?.details).not.toHaveProperty("rule_id");
  });

  it("holds what a caller wrote at bounded length", async () => {
    const { record: add, events } = aRecorder();
    const long = "x".repeat(1_000_000);
    add(record(DENY, { requestId: long, policyType: long, clientId: long }));
    expect(JSON.stringify(await events()).length).toBeLessThan(3000);
  });

  it("of an invalid request is no event and in no counter", async () => {
    const { record: add, events, counts, metrics } = aRecorder();
    add(record(INVALID));
    expect(await events()).toEqual([]);
    expect(counts()).toEqual({ decided: 0, emitted: 0, sampled: 0, dropped: 0 });
    expect(await metrics.text()).not.toContain("flopynet_policy_decisions_total{");
  });

  it("is counted by type and answer, under `unknown` where no policy has the type", async () => {
    const { record: add, metrics } = aRecorder();
    add(record(DENY));
    add(record({ ...PERMIT, policyTypeKnown: false }, { policyType: "made up" }));
    const text = await metrics.text();
    expect(text).toContain('{policy_type="network_security",answer="explicit"} 1');
    expect(text).toContain('{policy_type="unknown",answer="allowed"} 1');
    expect(text).not.toContain("made up");
  });
});

describe("more decisions than a second takes", () => {
  it("become one event per second and rule, with their count, when the second ends", async () => {
    const { times, details } = aRecorder({ decisionEventsPerS: 2 });
    times(5, DENY);
    times(3, { ...DENY, determiningRules: [rule("other")] });
    expect(await details("POLICY_VIOLATION")).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await details("POLICY_VIOLATION")).slice(2)).toEqual([
      {
        allowed: false,
        count: 3,
        first_time: "2025-06-15T15:06:40.000Z",
        last_time: "2025-06-15T15:06:40.000Z",
        policy_type: "network_security",
        deny_kind: "explicit",
        policy_id: "net",
        rule_id: "d",
        action: "deny",
      },
      expect.objectContaining({ count: 3, rule_id: "other" }),
    ]);
  });

  it("take nothing from each other: permits and denies have a limit each", async () => {
    const { times, details } = aRecorder({ decisionEventsPerS: 2 });
    times(9, DENY);
    times(2, PERMIT);
    expect(await details("POLICY_APPLIED")).toHaveLength(2);
  });

  it("have events of their own again in the next second", async () => {
    const { times, counts } = aRecorder({ decisionEventsPerS: 2 });
    times(5, DENY);
    await vi.advanceTimersByTimeAsync(1000);
    times(5, DENY);
    expect(counts()).toEqual({ decided: 10, emitted: 4, sampled: 6, dropped: 0 });
  });

  it("share the limit of the second in which they come, whatever their times", async () => {
    const { times, counts, details, flush } = aRecorder({ decisionEventsPerS: 1 });
    const timeMs = 1_750_000_000_000;
    for (const laterMs of [5000, 0, 5000, 900]) times(1, DENY, { timeMs: timeMs + laterMs });
    expect(counts()).toEqual({ decided: 4, emitted: 1, sampled: 3, dropped: 0 });
    flush();
    const [, folded] = await details("POLICY_VIOLATION");
    expect(folded).toMatchObject({
      count: 3,
      first_time: new Date(timeMs).toISOString(),
      last_time: new Date(timeMs + 5000).toISOString(),
    });
  });

  it("are all folded when the limit is 0", async () => {
    const { times, details, flush } = aRecorder({ decisionEventsPerS: 0 });
    times(4, PERMIT);
    flush();
    expect(await details("POLICY_APPLIED")).toMatchObject([{ count: 4 }]);
  });

  it("are told of at once when flushed, and not again", async () => {
    const { times, details, flush } = aRecorder({ decisionEventsPerS: 1 });
    times(4, DENY);
    flush();
    flush();
    await vi.advanceTimersByTimeAsync(5000);
    expect((await details("POLICY_VIOLATION")).map(({ count }) => count)).toEqual([undefined, 3]);
  });

  it("by more than 1,000 rules share one event for the rest", async () => {
    const { times, details, flush } = aRecorder({ decisionEventsPerS: 0 });
    for (let n = 0; n < 1005; n += 1) times(1, { ...DENY, determiningRules: [rule(`r${n}`)] });
    flush();
    const folded = await details("POLICY_VIOLATION");
    expect(folded).toHaveLength(1001);
    expect(folded.at(-1)).toMatchObject({ count: 5, allowed: false });
  });

  it("set no timer while there are few", () => {
    aRecorder().times(10, DENY);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("counting", () => {
  it("adds up: decided = emitted + sampled + dropped, as counters and in the log", async () => {
    const step = fc.record({
      decision: fc.constantFrom(PERMIT, DENY, INVALID, { ...DENY, determiningRules: [] }),
      waitMs: fc.constantFrom(0, 0, 0, 100, 1000),
      refuses: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step), fc.nat({ max: 5 }), async (steps, decisionEventsPerS) => {
        const { record: add, counts, refuse, flush, events } = aRecorder({ decisionEventsPerS });
        for (const { decision, waitMs, refuses } of steps) {
          refuse(refuses);
          add(record(decision));
          refuse(false);
          await vi.advanceTimersByTimeAsync(waitMs);
        }
        flush();
        const { decided, emitted, sampled, dropped } = counts();
        expect(decided).toBe(steps.filter(({ decision }) => decision !== INVALID).length);
        expect(emitted + sampled + dropped).toBe(decided);

        const stored = await events();
        const sumOf = (some: readonly StoredEvent[]): number =>
          some.reduce((sum, { details }) => sum + Number(details["count"]), 0);
        const lost = stored.filter(({ eventType }) => eventType === "EVENTS_DROPPED");
        const ofDecisions = stored.filter((event) => !lost.includes(event));
        const folded = ofDecisions.filter(({ details }) => Object.hasOwn(details, "count"));
        expect(ofDecisions.length - folded.length).toBe(emitted);
        expect(sumOf(folded)).toBeLessThanOrEqual(sampled); // Some may have been refused.
        expect(sumOf(lost)).toBeGreaterThanOrEqual(dropped);
      }),
    );
  });

  it("tells a burst of dropped events once, when the log takes events again", async () => {
    const { times, details, refuse, counts, metrics } = aRecorder();
    times(1, DENY);
    refuse(true);
    times(4, DENY);
    refuse(false);
    times(2, DENY);
    expect(counts()).toEqual({ decided: 7, emitted: 3, sampled: 0, dropped: 4 });
    expect(await details("EVENTS_DROPPED")).toMatchObject([{ count: 4 }]);
    expect(await metrics.text()).toContain("flopynet_policy_decision_events_dropped_total 4");
  });
});
