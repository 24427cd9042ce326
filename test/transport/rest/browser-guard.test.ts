import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Ask, askHttp } from "../../support/ask-http.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({
    policies: { policies: {} },
    settings: { CORS_ORIGINS: "https://dashboard.example" },
  });
});
afterAll(() => engine.stop());

const ask = (line: string, sent: Ask = {}): Promise<Answer> => askHttp(engine.restPort, line, sent);

describe("a web page", () => {
  const evil = { origin: "https://evil.example" };
  const dashboard = { origin: "https://dashboard.example" };
  const reload = "POST /v1/policies:reload";

  // prettier-ignore
  it.each<[says: string, line: string, headers: Record<string, string>, status: number]>([
    ["a rebound DNS name is refused",               "GET /health",  { host: "evil.example:5000" },     403],
    ["also under /v1",                              "GET /v1/policies", { host: "evil.example" },      403],
    ["a name that only begins like ours is refused", "GET /health", { host: "localhost.evil.example" }, 403],
    ["a name in userinfo is refused",               "GET /health",  { host: "localhost@evil.example" }, 403],
    ["an address of the network is refused",        "GET /health",  { host: "192.168.100.20" },        403],
    ["localhost, any port and case, is served",     "GET /health",  { host: "LOCALHOST:9" },           200],
    ["127.0.0.1 is served",                         "GET /health",  { host: "127.0.0.1" },             200],
    ["[::1] is served",                             "GET /health",  { host: "[::1]:5000" },            200],
    ["a foreign page may not change anything",      reload,         evil,                              403],
    ["a page without an origin may not either",     reload,         { origin: "null" },                403],
    ["a listed page may",                           reload,         dashboard,                         200],
    ["our own page may",                            reload,         { host: "localhost:5000", origin: "http://localhost:5000" }, 200],
    ["another port of localhost is another origin", reload,         { host: "localhost:5000", origin: "http://localhost:3000" }, 403],
    ["a program, which has no origin, may",         reload,         {},                                200],
  ])("%s", async (_says, line, headers, status) => {
    expect((await ask(line, { headers })).status).toBe(status);
  });

  it("may read where CORS is configured, and nowhere else", async () => {
    const listed = await ask("GET /policies", { headers: dashboard });
    const foreign = await ask("GET /policies", { headers: evil });
    expect(listed.headers["access-control-allow-origin"]).toBe("https://dashboard.example");
    expect(listed.headers["vary"]).toContain("Origin");
    expect(foreign.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("is told by a preflight what it may send", async () => {
    const headers = {
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    };
    const line = "OPTIONS /v1/connections:check";
    const listed = await ask(line, { headers: { ...headers, ...dashboard } });
    const foreign = await ask(line, { headers: { ...headers, ...evil } });
    expect(listed.status).toBe(204);
    expect(listed.headers["access-control-allow-headers"]).toBe("content-type");
    expect(foreign.headers).not.toHaveProperty("access-control-allow-origin");
  });
});
