import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { PdpError } from "../../src/application/errors.js";
import type { EventLog } from "../../src/application/ports/event-log.js";
import {
  createPublishEvent,
  ENGINE_EVENT_TYPES,
  type EventToPublish,
  type PublishEvent,
} from "../../src/application/publish-event.js";
import type { ValueMap } from "../../src/core/values.js";
import { aDataDir, aStore } from "../support/sqlite.js";

const clock = createSystemClock();
const ID = "5e0c2f6c-6a0f-4d6e-9e3a-0a2f4c1f9b11";

const ROUND_DONE: EventToPublish = {
  eventId: "",
  sourceComponent: "FL_SERVER",
  eventType: "ROUND_COMPLETED",
  severity: "info",
  policyId: "",
  clientId: "",
  decisionId: "",
  details: { round: 3 },
};

function publisher(eventLog: EventLog, policyVersion: number | undefined = 7): PublishEvent {
  const ids = createUuidIds();
  return createPublishEvent({ eventLog, ids, clock, policyVersion: () => policyVersion });
}

describe("publishing an event", () => {
  it("stores what the publisher says, with the engine's sequence, time and policy version", async () => {
    const eventLog = createMemoryEventLog({});
    const beforeMs = clock.nowMs();
    const event = { ...ROUND_DONE, policyId: "p", clientId: "c/1", decisionId: "d" };
    const stored = await publisher(eventLog)(event);
    expect(stored).toEqual({
      ...event,
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      timestampMs: expect.any(Number) as number,
      policyVersion: 7,
      sequence: 1,
    });
    expect(stored.timestampMs).toBeGreaterThanOrEqual(beforeMs);
    expect(await eventLog.read(0, 10)).toEqual([stored]);
  });

  it("leaves out what was not given", async () => {
    const eventLog = createMemoryEventLog({});
    const ids = createUuidIds();
    const publish = createPublishEvent({ eventLog, ids, clock, policyVersion: () => undefined });
    const stored = await publish(ROUND_DONE);
    expect(Object.keys(stored).toSorted()).toEqual(
      ["details", "eventId", "eventType", "sequence", "severity", "sourceComponent"].concat(
        "timestampMs",
      ),
    );
  });

  it("answers a retry with what is stored, in any case of its id", async () => {
    const eventLog = createMemoryEventLog({});
    const publish = publisher(eventLog);
    const first = await publish({ ...ROUND_DONE, eventId: ID });
    const again = await publish({ ...ROUND_DONE, eventId: ID.toUpperCase(), details: {} });
    expect(again).toEqual(first);
    expect(eventLog.newestSequence()).toBe(1);
  });

  it("answers a retry after a restart with what is stored", async () => {
    const dataDir = aDataDir();
    const before = await aStore(dataDir);
    const first = await publisher(before.eventLog)({ ...ROUND_DONE, eventId: ID });
    await before.storage.close();
    const { eventLog } = await aStore(dataDir);
    expect(await publisher(eventLog)({ ...ROUND_DONE, eventId: ID })).toEqual(first);
    expect(eventLog.newestSequence()).toBe(1);
  });

  it("is refused when the event cannot be stored, and stores nothing", async () => {
    const { eventLog, storage } = await aStore();
    await storage.close();
    const failure = await failureOf(publisher(eventLog)(ROUND_DONE));
    expect(failure).toEqual({ reason: "STORAGE_UNAVAILABLE", what: "the event" });
  });
});

const deep = (levels: number): ValueMap => (levels === 1 ? {} : { a: deep(levels - 1) });
const proto = Object.defineProperty({}, "__proto__", { value: 1, enumerable: true }) as ValueMap;

describe("an event is taken", () => {
  // prettier-ignore
  it.each<[says: string, given: Partial<EventToPublish>]>([
    ["with names of 128 characters",         { sourceComponent: "Ü".repeat(128), eventType: "x".repeat(128) }],
    ["with a type that only resembles ours", { eventType: "POLICY_LOADED_LATE" }],
    ["with an id of version 7",              { eventId: "0190a2b0-6a0f-7d6e-9e3a-0a2f4c1f9b11" }],
    ["with details at the limit of depth",   { details: deep(8) }],
    ["with details of 64 KiB",               { details: { a: Array.from({ length: 8 }, () => "x".repeat(8180)) } }],
    ["with a key that every object has",     { details: { constructor: 1, toString: null } }],
  ])("%s", async (_says, given) => {
    const stored = await publisher(createMemoryEventLog({}))({ ...ROUND_DONE, ...given });
    expect(stored).toMatchObject(given);
  });
});

describe("an event is refused", () => {
  it("when there is none", async () => {
    expect(await violationsOf(undefined)).toEqual([{ field: "event", rule: "must be given" }]);
  });

  // prettier-ignore
  it.each<[says: string, given: Partial<EventToPublish>, field: string, rule: string]>([
    ["without a component",           { sourceComponent: "" },              "source_component", 'must be 1 to 128 printable characters, got ""'],
    ["as the engine",                 { sourceComponent: "POLICY_ENGINE" }, "source_component", "must not be POLICY_ENGINE"],
    ["as the engine in small letters",{ sourceComponent: "policy_engine" }, "source_component", "must not be POLICY_ENGINE"],
    ["as the engine with a space",    { sourceComponent: "POLICY_ENGINE " },"source_component", "must not begin or end with a space"],
    ["with a component too long",     { sourceComponent: "x".repeat(129) }, "source_component", "must be 1 to 128 printable characters"],
    ["without a type",                { eventType: "" },                    "event_type",       'must be 1 to 128 printable characters, got ""'],
    ["with a line break in a type",   { eventType: "A\nB" },                "event_type",       'must be 1 to 128 printable characters, got "A\\nB"'],
    ["with half a character",         { eventType: "\ud800" },              "event_type",       "must be 1 to 128 printable characters"],
    ["with a type in small letters",  { eventType: "policy_loaded" },       "event_type",       'must not be "policy_loaded": only the engine tells of that'],
    ["with an id that is no UUID",    { eventId: "event-1" },               "event_id",         'must be a UUID, got "event-1"'],
    ["with a client id too long",     { clientId: "c".repeat(257) },        "client_id",        "must be at most 256 printable characters"],
    ["with a policy id of controls",  { policyId: "\u0000" },               "policy_id",        "must be at most 256 printable characters"],
    ["with a decision id too long",   { decisionId: "d".repeat(257) },      "decision_id",      "must be at most 256 printable characters"],
    ["with details too deep",         { details: deep(9) },                 "details.a.a.a.a.a.a.a.a", "must not be nested deeper than 8 levels"],
    ["with a number that is none",    { details: { a: NaN } },              "details.a",        "must be a finite number, got NaN"],
    ["with a key __proto__",          { details: proto },                   "details.__proto__", "must not be used as a key"],
    ["with details too large",        { details: { a: Array.from({ length: 9 }, () => "x".repeat(8180)) } }, "details", "must be at most 65536 bytes as JSON"],
  ])("%s", async (_says, given, field, rule) => {
    expect(await violationsOf({ ...ROUND_DONE, ...given })).toEqual([
      { field: `event.${field}`, rule: expect.stringContaining(rule) as string },
    ]);
  });

  it.each([...ENGINE_EVENT_TYPES])("with the engine's own type %s", async (eventType) => {
    expect(await violationsOf({ ...ROUND_DONE, eventType })).toMatchObject([
      { field: "event.event_type" },
    ]);
  });

  it("without a severity, with everything else that is wrong named too", async () => {
    const { severity: _none, ...event } = ROUND_DONE;
    expect(await violationsOf({ ...event, eventId: "x" })).toEqual([
      { field: "event.event_id", rule: 'must be a UUID, got "x"' },
      {
        field: "event.severity",
        rule: "must be EVENT_SEVERITY_INFO, _WARNING, _ERROR or _CRITICAL",
      },
    ]);
  });
});

it("every type that the engine tells of is its own", () => {
  const folder = new URL("../../src/application/", import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const told = sources.flatMap((name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    return [...text.matchAll(/"((?:POLICY|ENGINE|RULE|EVENTS)_[A-Z_]+)"/g)].map(([, type]) => type);
  });
  const others = ["POLICY_ENGINE"];
  const failures = /reason: "(\w+)"/g;
  const reasons = sources.flatMap((name) =>
    [...readFileSync(new URL(name, folder), "utf8").matchAll(failures)].map(([, word]) => word),
  );
  const types = new Set(told.filter((type) => ![...others, ...reasons].includes(type)));
  expect(types.size).toBeGreaterThan(10);
  expect([...types].filter((type) => !ENGINE_EVENT_TYPES.has(type ?? ""))).toEqual([]);
});

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof PdpError ? error.failure : error),
  );
}

async function violationsOf(event: EventToPublish | undefined): Promise<unknown> {
  const eventLog = createMemoryEventLog({});
  const failure = await failureOf(publisher(eventLog)(event));
  expect(eventLog.newestSequence()).toBe(0);
  return (failure as { violations?: unknown } | undefined)?.violations;
}
