import { describe, expect, it } from "vitest";
import {
  createEventMaker,
  databaseSetAside,
  engineStart,
  engineStop,
  eventsDropped,
  policiesLoaded,
  policiesRejected,
} from "../../src/application/engine-events.js";
import type { NewEvent } from "../../src/application/ports/event-log.js";
import type { PolicyIssue } from "../../src/application/ports/policy-source.js";
import { shortText } from "../../src/application/short-text.js";

const make = createEventMaker({ ids: { eventId: () => "id" }, clock: { nowMs: () => 1000 } });
const OURS = { eventId: "id", timestampMs: 1000, sourceComponent: "POLICY_ENGINE" };
const loaded = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    policyId: `p${n}`,
    policyType: "security",
    source: n === 0 ? "default_policies.json" : "policies.json",
  }));
const issue = (facts: Partial<PolicyIssue> = {}): PolicyIssue => ({
  severity: "error",
  file: "policies.json",
  path: "policies.p.rules[0].action",
  message: "unknown verb `dney`",
  ...facts,
});

describe("events of the engine", () => {
  it.each<[says: string, event: NewEvent, expected: object]>([
    [
      "ENGINE_START says which engine, and no policy version before the first load",
      engineStart(make, { engineVersion: "0.1.0" }),
      { ...OURS, eventType: "ENGINE_START", severity: "info", details: { version: "0.1.0" } },
    ],
    [
      "ENGINE_STOP says why",
      engineStop(make, { why: "SIGTERM", policyVersion: 3 }),
      {
        ...OURS,
        eventType: "ENGINE_STOP",
        severity: "info",
        policyVersion: 3,
        details: { reason: "SIGTERM" },
      },
    ],
    [
      "DATABASE_SET_ASIDE says where it is and why",
      databaseSetAside(make, { file: "data/policy-engine.db.damaged-1", why: "malformed" }),
      {
        ...OURS,
        eventType: "DATABASE_SET_ASIDE",
        severity: "critical",
        details: { file: "data/policy-engine.db.damaged-1", reason: "malformed" },
      },
    ],
    [
      "EVENTS_DROPPED says how many, and from when to when",
      eventsDropped(make, { count: 7, firstMs: 0, lastMs: 1500 }),
      {
        ...OURS,
        eventType: "EVENTS_DROPPED",
        severity: "error",
        details: {
          count: 7,
          first_time: "1970-01-01T00:00:00.000Z",
          last_time: "1970-01-01T00:00:01.500Z",
        },
      },
    ],
    [
      "POLICY_REJECTED names every problem with its place, and the set that goes on serving",
      policiesRejected(make, {
        issues: [
          issue({ line: 12, column: 7, policyId: "p", suggestion: "write `deny`" }),
          issue({ severity: "warning" }),
        ],
        policyVersion: 2,
      }),
      {
        ...OURS,
        eventType: "POLICY_REJECTED",
        severity: "error",
        policyVersion: 2,
        details: {
          problem_count: 1,
          problems: [
            {
              file: "policies.json",
              line: 12,
              column: 7,
              path: "policies.p.rules[0].action",
              policy_id: "p",
              message: "unknown verb `dney`",
              suggestion: "write `deny`",
            },
          ],
        },
      },
    ],
  ])("%s", (_says, event, expected) => {
    expect(event).toEqual(expected);
  });

  it("POLICY_LOADED is one per policy, up to 100", () => {
    const events = policiesLoaded(make, { policies: loaded(100), policyVersion: 4 });
    expect(events).toHaveLength(100);
    expect(events[1]).toEqual({
      ...OURS,
      eventType: "POLICY_LOADED",
      severity: "info",
      policyVersion: 4,
      policyId: "p1",
      details: { policy_id: "p1", policy_type: "security", source: "policies.json" },
    });
  });

  it("POLICY_LOADED is one for all above 100, with their number and files", () => {
    const events = policiesLoaded(make, { policies: loaded(101), policyVersion: 4 });
    expect(events.map(({ details }) => details)).toEqual([
      { count: 101, sources: ["default_policies.json", "policies.json"] },
    ]);
  });

  it("POLICY_LOADED is none when nothing changed", () => {
    expect(policiesLoaded(make, { policies: [], policyVersion: 4 })).toEqual([]);
  });

  it("POLICY_REJECTED holds 100 problems and the number of all, each of bounded length", () => {
    const issues = Array.from({ length: 150 }, () => issue({ message: "x".repeat(5000) }));
    const { details } = policiesRejected(make, { issues });
    expect(details).toMatchObject({ problem_count: 150 });
    expect(details["problems"]).toHaveLength(100);
    expect(JSON.stringify(details).length).toBeLessThan(120_000);
  });
});

describe("a text that is too long", () => {
  it.each<[says: string, text: string, short: string]>([
    ["stays as it is up to the limit", "abcd", "abcd"],
    ["is cut, and shows it", "abcde", "abc…"],
    ["is not cut within a character", "ab😀cd", "ab…"],
  ])("%s", (_says, text, short) => {
    expect(shortText(text, 4)).toBe(short);
  });
});
