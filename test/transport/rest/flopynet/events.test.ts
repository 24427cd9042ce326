import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, type Json } from "../../../support/rest.js";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({ policies: { policies: {} } });
});
afterAll(() => engine.stop());
const ask = (line: string, body?: unknown) => askJson(engine, line, body);

describe("publishing an event", () => {
  // prettier-ignore
  it.each<[says: string, path: string, body: object, event: object]>([
    ["under the documented names", "/events",        { event_type: "A", source_component: "fl-server", severity: "WARNING", details: { round: 1 } }, { event_type: "A", source_component: "fl-server", severity: "WARNING", details: { round: 1 } }],
    ["under the original's names", "/api/v1/events", { type: "B", source: "collector", level: "error" },                                          { type: "B", source: "collector", severity: "ERROR" }],
    ["with its type alone",        "/events",        { type: "C" },                                                                               { event_type: "C", source_component: "api", severity: "INFO" }],
    ["about a client",             "/events",        { type: "D", client_id: "c", policy_id: "p" },                                               { client_id: "c", policy_id: "p" }],
  ])("%s is durable, and read by all", async (_says, path, body, event) => {
    const published = await ask(`POST ${path}`, body);
    expect(published.json).toMatchObject({ success: true, ...event });
    expect(published.status).toBe(201);
    const { json } = await ask("GET /events");
    expect((json["events"] as Json[]).at(-1)).toMatchObject({
      ...event,
      event_id: published.json["event_id"],
    });
  });

  it("is harmless to repeat with the same id", async () => {
    const body = { event_id: "550e8400-e29b-41d4-a716-446655440000", event_type: "ONCE" };
    const [first, second] = [await ask("POST /events", body), await ask("POST /events", body)];
    expect(second.json["sequence"]).toBe(first.json["sequence"]);
  });

  // prettier-ignore
  it.each<[says: string, body: object, error: string]>([
    ["no type",               { source_component: "x" },                       "event.event_type must be"],
    ["a type of the engine",  { event_type: "POLICY_APPLIED" },                "event.event_type must not be"],
    ["the engine as source",  { event_type: "X", source: "POLICY_ENGINE" },    "event.source_component must not be"],
    ["another severity",      { event_type: "X", severity: "loud" },           "severity must be INFO, WARNING, ERROR or CRITICAL"],
    ["details that are none", { event_type: "X", details: [] },                "details must be an object"],
  ])("with %s is refused", async (_says, body, error) => {
    const { status, json } = await ask("POST /events", body);
    expect([status, json["error"]]).toEqual([400, expect.stringContaining(error)]);
  });
});

describe("GET /api/v1/events", () => {
  it("is newest first, with times in seconds, by filter and page", async () => {
    const { json } = await ask("GET /api/v1/events?type=A,B&limit=1");
    const [event] = json["events"] as Json[];
    expect(event).toMatchObject({ event_type: "B", timestamp: expect.any(Number) as number });
    const next = await ask(
      `GET /api/v1/events?type=A,B&limit=1&page_token=${String(json["next_page_token"])}`,
    );
    expect(next.json["events"]).toEqual([expect.objectContaining({ event_type: "A" })]);
    const oldest = await ask("GET /api/v1/events?type=A,B&oldest_first=true&severity=warning");
    expect(oldest.json["events"]).toEqual([expect.objectContaining({ event_type: "A" })]);
  });

  it("refuses a severity that there is not", async () => {
    expect((await ask("GET /api/v1/events?severity=loud")).status).toBe(400);
  });
});

it("GET /api/v1/events/stream is the stream of /v1/events:stream", async () => {
  const url = `http://127.0.0.1:${engine.restPort}/api/v1/events/stream?last=1&filter.event_types=A`;
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes('"eventType":"A"')) text += (await reader?.read())?.value ?? "";
  expect(text).toMatch(/^id: /m);
  abort.abort();
});

describe("the engine", () => {
  it("GET /status tells how it is", async () => {
    expect((await ask("GET /status")).json).toMatchObject({
      ...{
        status: "healthy",
        reasons: [],
        pending: 0,
        policy_version: engine.status().policyVersion,
      },
    });
  });

  it("GET /config tells the settings, and nobody can change them", async () => {
    const { json } = await ask("GET /config");
    expect(json["settings"]).toMatchObject({ HOST: "127.0.0.1", REST_COMPAT: "documented" });
    expect((await ask("PUT /config", {})).status).toBe(405);
  });
});
