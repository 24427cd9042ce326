import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

const NET = {
  id: "net",
  name: "net",
  type: "network_security",
  description: "d",
  priority: 5,
  rules: [{ action: "allow", match: { protocol: "tcp", dst_port: 8080 } }],
  owner: "unknown keys are kept",
};
const policy = (name: string, priority: number, more: object = {}): object => ({
  name,
  type: "fl_server",
  priority,
  rules: [{ action: "configure", parameters: { total_rounds: 5, ratio: 0.25 } }],
  ...more,
});
const DOCUMENT = {
  version: 2,
  policies: {
    low: policy("low", 1),
    "10": policy("a number as id", 50),
    off: policy("off", 99, { enabled: false }),
    net: NET,
    high: policy("high", 900),
  },
};

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

async function ask(engine: TestEngine, line: string): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`http://127.0.0.1:${engine.restPort}${path}`, { method });
  const text = await response.text();
  const json = JSON.parse(text === "" ? "{}" : text) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, json };
}

describe("with a good policy set", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine({ policies: DOCUMENT });
  });
  afterAll(() => engine.stop());

  it("GET /health is healthy, with the policy that serves", async () => {
    const { status, json } = await ask(engine, "GET /health");
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
    expect(json).toEqual({
      status: "healthy",
      timestamp: time,
      version: 2,
      policy: { version: 2, loaded_at: time, last_error: null },
    });
    expect(status).toBe(200);
  });

  it("GET /policies gives each policy as in the file, with its id, numbers as numbers", async () => {
    const { status, json, headers } = await ask(engine, "GET /policies");
    expect(json).toEqual({
      policies: {
        net: NET,
        high: { ...policy("high", 900), id: "high" },
        "10": { ...policy("a number as id", 50), id: "10" },
        low: { ...policy("low", 1), id: "low" },
      },
    });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  it("GET /policies has network_security first, then descending priority, in the text", async () => {
    const { text } = await ask(engine, "GET /policies");
    const names = [...text.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name);
    expect(names).toEqual(["net", "high", "a number as id", "low"]);
  });

  // prettier-ignore
  it.each<[query: string, policies: number]>([
    ["",                                4],
    ["?include_disabled=true",          5],
    ["?include_disabled=TRUE",          5],
    ["?include_disabled=1",             5],
    ["?include_disabled=false",         4],
    ["?include_disabled=",              4],
    ["?something=else",                 4],
  ])("GET /policies%s gives the enabled ones unless asked", async (query, policies) => {
    const { json } = await ask(engine, `GET /policies${query}`);
    expect(Object.keys(json["policies"] as object)).toHaveLength(policies);
  });

  it("GET /policies/{id} is the policy, disabled or not", async () => {
    const { json } = await ask(engine, "GET /policies/off");
    expect(json).toEqual({ ...policy("off", 99, { enabled: false }), id: "off" });
  });

  it("GET /events has the documented fields of each event, oldest first", async () => {
    const { status, json } = await ask(engine, "GET /events");
    const events = json["events"] as Record<string, unknown>[];
    const time = expect.stringMatching(/^[\d-]+T[\d:]+\.\d{6}\+00:00$/) as string;
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
    expect(events[0]).toMatchObject({
      event_id: uuid,
      id: events[0]?.["event_id"],
      timestamp: time,
      source_component: "POLICY_ENGINE",
      source: "POLICY_ENGINE",
      event_type: "ENGINE_START",
      type: "ENGINE_START",
      severity: "INFO",
      sequence: 1,
      details: expect.any(Object) as object,
    });
    const loaded = events.filter((event) => event["event_type"] === "POLICY_LOADED");
    expect(loaded.map((event) => event["policy_id"])).toContain("net");
    expect(loaded[0]).toMatchObject({ policy_version: 2 });
    expect(json["total"]).toBe(events.length);
    expect(json["last_event_id"]).toBe(events.at(-1)?.["event_id"]);
    expect(status).toBe(200);
  });

  it("GET /events goes on after an event, and gives at most `limit`", async () => {
    const all = (await ask(engine, "GET /events")).json["events"] as { event_id: string }[];
    const first = all[0]?.event_id ?? "";
    const after = await ask(engine, `GET /events?since_event_id=${first}`);
    expect(after.json["events"]).toEqual(all.slice(1));
    const two = await ask(engine, "GET /events?limit=2");
    expect(two.json["total"]).toBe(2);
  });

  it("GET /events at its end is empty and keeps the place", async () => {
    const { json } = await ask(engine, "GET /events");
    const last = json["last_event_id"] as string;
    const after = await ask(engine, `GET /events?since_event_id=${last}`);
    expect(after.json).toEqual({ events: [], total: 0, last_event_id: last });
  });

  it("GET /events after an unknown event is everything that is kept", async () => {
    const all = await ask(engine, "GET /events");
    const { status, json } = await ask(engine, "GET /events?since_event_id=never-heard-of");
    expect(json).toEqual(all.json);
    expect(status).toBe(200);
  });

  // prettier-ignore
  it.each<[line: string, status: number, error: string]>([
    ["GET /policies/nope",                    404, "policy `nope` not found"],
    ["GET /policies/__proto__",               404, "policy `__proto__` not found"],
    ["GET /policies/a%2Fb",                   404, "policy `a/b` not found"],
    ["GET /policies/",                        404, "nothing is served at /policies/"],
    ["GET /policies/net/rules",               404, "nothing is served at /policies/net/rules"],
    ["GET /Health",                           404, "nothing is served at /Health"],
    ["GET /policies?include_disabled=maybe",  400, "include_disabled must be true or false, got `maybe`"],
    ["GET /policies?include_disabled=1&include_disabled=1", 400, "include_disabled must be given once"],
    ["GET /events?limit=0",                   400, "limit must be a whole number of at least 1, got `0`"],
    ["GET /events?limit=-5",                  400, "limit must be a whole number of at least 1, got `-5`"],
    ["GET /events?limit=1e3",                 400, "limit must be a whole number of at least 1, got `1e3`"],
    ["GET /events?limit=ten",                 400, "limit must be a whole number of at least 1, got `ten`"],
    ["GET /events?limit=1&limit=2",           400, "limit must be given once"],
    ["POST /health",                          405, "POST is not allowed here: use GET"],
    ["PUT /policies",                         405, "PUT is not allowed here: use GET or POST"],
    ["POST /policies/net",                    405, "POST is not allowed here: use DELETE or GET or PUT"],
    ["DELETE /events",                        405, "DELETE is not allowed here: use GET or POST"],
  ])("%s is refused as {error}", async (line, status, error) => {
    const answer = await ask(engine, line);
    expect(answer.json).toEqual({ error });
    expect(answer.status).toBe(status);
  });

  it("a limit above 1,000 is 1,000", async () => {
    expect((await ask(engine, "GET /events?limit=5000")).status).toBe(200);
  });

  it("another method is told what is allowed", async () => {
    expect((await ask(engine, "PUT /policies")).headers.get("allow")).toBe("GET, HEAD, POST");
  });

  // prettier-ignore
  it.each(["/health", "/policies", "/policies/net", "/events"])("HEAD %s is GET without a body", async (path) => {
    const { status, text } = await ask(engine, `HEAD ${path}`);
    expect([status, text]).toEqual([200, ""]);
  });

  it("no page of another origin may read", async () => {
    const { headers } = await ask(engine, "GET /policies");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("without a good policy set", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine({ policies: '{"policies": {"a": 1}}' });
  });
  afterAll(() => engine.stop());

  it("GET /health is 503 unhealthy, and says why", async () => {
    const { status, json } = await ask(engine, "GET /health");
    expect(json).toMatchObject({
      status: "unhealthy",
      version: 0,
      policy: {
        version: 0,
        loaded_at: null,
        last_error: expect.stringContaining("policies.a") as string,
      },
    });
    expect(status).toBe(503);
  });

  // prettier-ignore
  it.each(["/policies", "/policies/net"])("GET %s is 503: no policy is not an empty list", async (path) => {
    const { status, json } = await ask(engine, `GET ${path}`);
    expect(json).toEqual({ error: expect.stringContaining("no policy set is active") as string });
    expect(status).toBe(503);
  });

  it("GET /events works", async () => {
    expect((await ask(engine, "GET /events")).status).toBe(200);
  });

  it("a check is UNAVAILABLE in the JSON API, and never permission", async () => {
    const url = `http://127.0.0.1:${engine.restPort}/v1/connections:check`;
    const response = await fetch(url, { method: "POST" });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ reason: "NO_ACTIVE_POLICY" });
  });
});

describe("when the last load failed", () => {
  it("GET /health is 200 degraded, the last good set serves", async () => {
    const engine = await startTestEngine({ policies: DOCUMENT });
    try {
      writeFileSync(engine.policyFile, "{ broken");
      const { status, json } = await waitFor("degraded", async () => {
        const answer = await ask(engine, "GET /health");
        return answer.json["status"] === "degraded" && answer;
      });
      expect(status).toBe(200);
      expect(json).toMatchObject({
        version: 2,
        policy: { version: 2, last_error: expect.stringContaining("policies.json") as string },
      });
      expect((await ask(engine, "GET /policies/net")).status).toBe(200);
    } finally {
      await engine.stop();
    }
  });
});

describe("REST_COMPAT=flopynet-1.0", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine({
      policies: DOCUMENT,
      settings: { REST_COMPAT: "flopynet-1.0" },
    });
  });
  afterAll(() => engine.stop());

  it("GET /health says ok", async () => {
    expect((await ask(engine, "GET /health")).json).toMatchObject({ status: "ok", version: 2 });
  });

  it("every page may read, and change nothing", async () => {
    const any = "access-control-allow-origin";
    expect((await ask(engine, "GET /policies")).headers.get(any)).toBe("*");
    expect((await ask(engine, "GET /v1/policies")).headers.get(any)).toBe("*");
    expect((await ask(engine, "POST /v1/policies:reload")).headers.get(any)).toBeNull();
  });

  it("without a good set, GET /health is still 503 unhealthy", async () => {
    const broken = await startTestEngine({ settings: { REST_COMPAT: "flopynet-1.0" } });
    try {
      const { status, json } = await ask(broken, "GET /health");
      expect([status, json["status"]]).toEqual([503, "unhealthy"]);
    } finally {
      await broken.stop();
    }
  });
});
