import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Ask, askHttp } from "../../support/ask-http.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

const POLICIES = {
  version: 3,
  policies: {
    net: {
      name: "net",
      type: "network_security",
      priority: 10,
      rules: [
        { id: "in", action: "allow", match: { protocol: "tcp", dst_port: 8080 } },
        { id: "out", action: "deny", match: { dst_port: 22 } },
      ],
    },
    "fl.rounds": {
      name: "rounds",
      type: "fl_server",
      enabled: false,
      rules: [{ action: "configure", parameters: { total_rounds: 5 } }],
    },
  },
};

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({
    policies: POLICIES,
  });
});
afterAll(() => engine.stop());

const ask = (line: string, sent: Ask = {}): Promise<Answer> => askHttp(engine.restPort, line, sent);

const JSON_BODY = { "content-type": "application/json" };

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return ask(`POST ${path}`, { headers: { ...JSON_BODY, ...headers }, body: text });
}

describe("the gRPC API as JSON", () => {
  it("answers a check that permits, with the rule that decided", async () => {
    const { status, json } = await post("/v1/connections:check", {
      protocol: "tcp",
      dst_port: 8080,
      requestId: "r-1",
    });
    expect(json).toMatchObject({
      allowed: true,
      denyKind: "DENY_KIND_UNSPECIFIED",
      policyId: "net",
      ruleId: "in",
      determiningRules: [{ policyId: "net", ruleId: "in", ruleIndex: 0, action: "allow" }],
      policyVersion: "3",
      requestId: "r-1",
    });
    expect(status).toBe(200);
  });

  it("answers a check that denies with 200 and `allowed: false`", async () => {
    const { status, json } = await post("/v1/connections:check", { dstPort: 22 });
    expect(json).toMatchObject({ allowed: false, denyKind: "DENY_KIND_EXPLICIT", ruleId: "out" });
    expect(status).toBe(200);
  });

  it("decides a check with no field, also without a body", async () => {
    const withBody = await post("/v1/connections:check", {});
    const without = await ask("POST /v1/connections:check");
    expect(withBody.json).toMatchObject({ allowed: false, denyKind: "DENY_KIND_DEFAULT" });
    expect(without.json).toMatchObject({ allowed: false, denyKind: "DENY_KIND_DEFAULT" });
  });

  it("answers a batch in order, the broken item as an item", async () => {
    const { json } = await post("/v1/connections:batchCheck", {
      items: [{ dst_port: 22 }, { dst_port: 70_000 }, { protocol: "tcp", dst_port: 8080 }],
    });
    expect(json).toMatchObject({
      results: [
        { denyKind: "DENY_KIND_EXPLICIT" },
        {
          denyKind: "DENY_KIND_INVALID_REQUEST",
          reason: expect.stringContaining("dst_port") as string,
        },
        { allowed: true },
      ],
      policyVersion: "3",
    });
  });

  it("checks a policy type, alone and in a batch", async () => {
    const one = { policy_type: "network_security", context: { dst_port: 22 } };
    expect((await post("/v1/policies:check", one)).json).toMatchObject({ allowed: false });
    const { json } = await post("/v1/policies:batchCheck", { items: [one, one] });
    expect(json).toMatchObject({ results: [{ allowed: false }, { allowed: false }] });
  });

  it("explains on request", async () => {
    const { json } = await post("/v1/connections:check", { dst_port: 22, explain: true });
    expect(json).toMatchObject({ explanation: { policies: [{ policyId: "net" }] } });
  });

  it("lists policies, by page and filter", async () => {
    const page = await ask("GET /v1/policies?page_size=1");
    expect(page.json).toMatchObject({ policies: [{ id: "net", priority: 10 }] });
    const disabled = await ask("GET /v1/policies?enabled=false");
    expect(disabled.json).toMatchObject({ policies: [{ id: "fl.rounds" }], nextPageToken: "" });
  });

  it("gets a policy itself, not wrapped", async () => {
    expect((await ask("GET /v1/policies/fl.rounds")).json).toMatchObject({
      id: "fl.rounds",
      type: "fl_server",
      enabled: false,
    });
    expect((await ask("GET /v1/policies/net?policy_version=3")).json).toMatchObject({ id: "net" });
  });

  it("reloads policies, also without a body", async () => {
    const { status, json } = await ask("POST /v1/policies:reload");
    expect(json).toEqual({ policyVersion: "3", changed: false });
    expect(status).toBe(200);
  });

  it("lists events", async () => {
    const { json } = await ask("GET /v1/events?filter.event_types=ENGINE_START&page_size=1");
    expect(json).toMatchObject({ events: [{ eventType: "ENGINE_START", sequence: "1" }] });
  });

  it("accepts a body of exactly 4 MiB", async () => {
    const body = '{"src_type": "a"}'.padEnd(4 * 1024 * 1024, " ");
    expect((await post("/v1/connections:check", body)).status).toBe(200);
  });

  it("gives a call the time of Grpc-Timeout", async () => {
    const enough = await post("/v1/connections:check", {}, { "grpc-timeout": "10S" });
    expect(enough.status).toBe(200);
  });
});

describe("a failed call is a problem (RFC 9457)", () => {
  it("with code, reason, domain, facts and the fields", async () => {
    const { status, headers, json } = await post("/v1/connections:check", { dst_port: 70_000 });
    expect(json).toEqual({
      type: "about:blank",
      title: "Bad Request",
      status: 400,
      detail: "dst_port must be from 1 to 65535, got 70000",
      code: "INVALID_ARGUMENT",
      reason: "REQUEST_INVALID",
      domain: "policy.flopynet",
      metadata: {},
      fieldViolations: [
        { field: "dst_port", description: "dst_port must be from 1 to 65535, got 70000" },
      ],
    });
    expect(status).toBe(400);
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  });

  // prettier-ignore
  it.each<[says: string, line: string, status: number, problem: object]>([
    ["an unknown policy",          "GET /v1/policies/nope",               404, { reason: "POLICY_NOT_FOUND", metadata: { policyId: "nope" } }],
    ["another policy version",     "GET /v1/policies/net?policy_version=1", 404, { reason: "POLICY_VERSION_NOT_FOUND" }],
    ["a version that is none",     "GET /v1/policies/net?policy_version=x", 400, { fieldViolations: [{ field: "policy_version" }] }],
    ["a page size below 0",        "GET /v1/policies?page_size=-1",       400, { fieldViolations: [{ field: "page_size" }] }],
    ["a parameter nobody knows",   "GET /v1/policies?typ=x",              400, { fieldViolations: [{ field: "typ" }] }],
    ["an event filter in a query", "GET /v1/events?filter.severities=LOUD", 400, { fieldViolations: [{ field: "filter.severities[0]" }] }],
    ["an unknown path",            "GET /v1/nothing",                     404, { code: "NOT_FOUND", detail: "nothing is served at /v1/nothing" }],
    ["the folder itself",          "GET /v1",                             404, { code: "NOT_FOUND" }],
    ["a slash at the end",         "GET /v1/policies/",                   404, { code: "NOT_FOUND" }],
    ["another case",               "GET /v1/Policies",                    404, { code: "NOT_FOUND" }],
    ["a verb nobody knows",        "POST /v1/connections:chekc",          404, { code: "NOT_FOUND" }],
    ["another method",             "GET /v1/connections:check",           405, { code: "UNIMPLEMENTED", detail: "GET is not allowed here: use POST" }],
    ["the stream without a route", "POST /v1/connections:streamCheck",    404, { code: "NOT_FOUND" }],
    ["a malformed path",           "GET /v1/policies/%zz",                400, { code: "INVALID_ARGUMENT" }],
    ["a malformed query",          "GET /v1/policies?type=%ff",           400, { code: "INVALID_ARGUMENT" }],
  ])("%s", async (_says, line, status, problem) => {
    const answer = await ask(line);
    expect(answer.json).toMatchObject({ type: "about:blank", status, ...problem });
    expect(answer.status).toBe(status);
  });
});

describe("a body that is no call is refused", () => {
  const checks = "POST /v1/connections:check";
  const deep = (levels: number): string =>
    `{"context":${'{"a":'.repeat(levels)}1${"}".repeat(levels)}}`;
  const json = (body: string | Uint8Array): Ask => ({ headers: JSON_BODY, body });

  // prettier-ignore
  it.each<[says: string, sent: Ask, status: number, detail: string]>([
    ["an unknown field",               json('{"dst_prot": 1}'),               400, "dst_prot is unknown: CheckConnectionRequest has no such field, known are request_id, client_id, src_type, dst_type, src_ip, dst_ip, src_port, dst_port, protocol, context, explain"],
    ["bad JSON",                       json('{"dst_port": }'),                400, "body is not valid JSON at line 1, column 14: a value is expected"],
    ["an array",                       json("[]"),                            400, "body must be a JSON object"],
    ["text for a port",                json('{"dst_port": "ssh"}'),           400, 'dst_port must be an integer from 1 to 65535, got "ssh"'],
    ["a port below 0",                 json('{"dst_port": -1}'),              400, "dst_port must be an integer from 1 to 65535, got -1"],
    ["a context that is a list",       json('{"context": []}'),               400, "context must be a JSON object, got []"],
    ["a key __proto__",                json('{"context": {"__proto__": 1}}'), 400, "context.__proto__ is a key that is not allowed"],
    ["a nested key __proto__",         json('{"context": {"a": {"__proto__": 1}}}'), 400, "context.a.__proto__ is a key that is not allowed"],
    ["a lone surrogate",               json('{"src_type": "\\ud800"}'),       400, "src_type must not hold half of a surrogate pair"],
    ["a number beyond a double",       json('{"context": {"a": 1e999}}'),     400, "context.a must be a finite number"],
    ["a key twice",                    json('{"src_ip": "10.0.0.1", "src_ip": "10.0.0.2"}'), 400, 'body must not have a key twice: "src_ip"'],
    ["more nesting than any call has", json(deep(100_000)),                   400, "body must not nest deeper than 32 levels"],
    ["bytes that are not UTF-8",       json(new Uint8Array([0x7b, 0xff])),    400, "body must be UTF-8"],
    ["another content type",           { headers: { "content-type": "text/plain" }, body: "{}" }, 415, "the body must be application/json in UTF-8, got `text/plain`"],
    ["a form",                         { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1" }, 415, "the body must be application/json in UTF-8, got `application/x-www-form-urlencoded`"],
    ["another charset",                { headers: { "content-type": "application/json; charset=utf-16" }, body: "{}" }, 415, "the body must be application/json in UTF-8, got `application/json; charset=utf-16`"],
    ["no content type",                { body: "{}" },                        415, "a body needs `Content-Type: application/json`"],
    ["an unknown encoding",            { headers: { ...JSON_BODY, "content-encoding": "zstd-x" }, body: "{}" }, 415, "the body has a Content-Encoding nobody knows here"],
    ["5 MiB",                          json("{}".padEnd(5 * 1024 * 1024)),    413, "a body may have 4194304 bytes at most"],
    ["a timeout that is none",         { headers: { ...JSON_BODY, "grpc-timeout": "soon" }, body: "{}" }, 400, "grpc-timeout must be up to 8 digits and one of H M S m u n"],
    ["metadata that is no ASCII",      { headers: { ...JSON_BODY, "grpc-metadata-x": "\u00e9" }, body: "{}" }, 400, "grpc-metadata-x must be printable ASCII under a name of letters, digits, - and _"],
  ])("%s", async (_says, sent, status, detail) => {
    const answer = await ask(checks, sent);
    expect(answer.json).toMatchObject({ detail, status });
    expect(answer.status).toBe(status);
  });

  it("a context nests as deep as the decoder takes, and no deeper, without a crash", async () => {
    const { status, json: problem } = await ask(checks, json(deep(31)));
    expect(problem).toMatchObject({ code: "INVALID_ARGUMENT", reason: "REQUEST_INVALID" });
    expect(status).toBe(400);
  });

  it("names the item of a batch", async () => {
    const { json: problem } = await post("/v1/connections:batchCheck", {
      items: [{}, { dst_port: "x" }],
    });
    expect(problem).toMatchObject({ fieldViolations: [{ field: "items[1].dst_port" }] });
  });
});

describe("every answer", () => {
  it("outside /v1 is {error} when something is wrong", async () => {
    const { status, json } = await ask("GET /nothing/here");
    expect([status, json]).toEqual([404, { error: "nothing is served at /nothing/here" }]);
    const malformed = await ask("GET /policies/%");
    expect([malformed.status, malformed.json]).toEqual([
      400,
      { error: "the URL has a malformed percent-encoding" },
    ]);
    const refused = await ask("GET /health", { headers: { host: "evil.example" } });
    expect(refused.json).toEqual({
      error: "this engine answers to localhost only: see the setting HOST",
    });
  });

  it("names no product, is not stored, and is not sniffed", async () => {
    const { headers } = await ask("GET /health");
    expect(headers).not.toHaveProperty("x-powered-by");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
});
