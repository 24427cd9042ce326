import { gunzipSync, gzipSync } from "node:zlib";
import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Ask, askHttp } from "../../support/ask-http.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

const policies = Object.fromEntries(
  Array.from({ length: 50 }, (_, index) => [
    `policy-${index}`,
    { name: "p", type: "fl_server", rules: [{ action: "allow", match: { client_id: "x" } }] },
  ]),
);

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({ policies: { policies } });
});
afterAll(() => engine.stop());

const ask = (line: string, sent: Ask = {}): Promise<Answer> => askHttp(engine.restPort, line, sent);

/** The headers of a GET, and what its body has been so far when `enough` says so. */
function read(
  path: string,
  headers: Record<string, string>,
  enough: (bytes: Buffer) => boolean,
): Promise<{ headers: IncomingMessage["headers"]; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: engine.restPort, path, headers, agent: false };
    const request = get(options, (response) => {
      let bytes = Buffer.alloc(0);
      const done = (): void => {
        resolve({ headers: response.headers, bytes });
        request.destroy();
      };
      response.on("end", done).on("data", (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (enough(bytes)) done();
      });
    });
    request.on("error", reject);
  });
}

describe("compression", () => {
  const gzip = { "accept-encoding": "gzip" };
  const toTheEnd = (): boolean => false;

  it.each(["/policies", "/v1/policies?page_size=1000"])("%s is sent as gzip", async (path) => {
    const plain = await ask(`GET ${path}`);
    const packed = await read(path, gzip, toTheEnd);
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.headers["vary"]).toContain("Accept-Encoding");
    expect(gunzipSync(packed.bytes).toString()).toBe(plain.text);
    expect(packed.bytes.length).toBeLessThan(plain.text.length / 4);
  });

  it("is for callers that ask, and for answers above 1 KiB", async () => {
    expect((await ask("GET /policies")).headers).not.toHaveProperty("content-encoding");
    const small = await ask("GET /health", { headers: gzip });
    expect(small.headers).not.toHaveProperty("content-encoding");
  });

  it.each(["text/event-stream", "application/x-ndjson", "application/json"])(
    "is never for a stream: %s",
    async (accept) => {
      const path = "/v1/events:stream?last=1000";
      const stream = await read(path, { ...gzip, accept }, (bytes) => bytes.includes("cursor"));
      expect(stream.headers["content-type"]).toBe(accept);
      expect(stream.headers).not.toHaveProperty("content-encoding");
      expect(stream.headers["cache-control"]).toBe("no-store, no-transform");
    },
  );
});

describe("a compressed body", () => {
  const send = (text: string): Promise<Answer> =>
    ask("POST /v1/connections:check", {
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: gzipSync(text),
    });

  it("is read", async () => {
    const { status, json } = await send('{"request_id": "r-1"}');
    expect([status, json]).toMatchObject([200, { requestId: "r-1" }]);
  });

  it("may hold as much as any other, however small it came", async () => {
    const { status, json } = await send(" ".repeat(4 * 1024 * 1024 + 1));
    expect([status, json]).toMatchObject([
      413,
      { detail: "a body may have 4194304 bytes at most" },
    ]);
  });

  it("that is broken is refused", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const answer = await ask("POST /v1/connections:check", { headers, body: "{}" });
    expect([answer.status, answer.json]).toMatchObject([
      400,
      { detail: "the body could not be read to its end" },
    ]);
  });
});

describe("a decision is stored by nobody on its way", () => {
  it.each(["/v1/connections:check", "/v1/policies:check", "/api/v1/check"])("%s", async (path) => {
    const headers = { "content-type": "application/json" };
    const body = path.includes("connections") ? "{}" : '{"policy_type": "fl_server"}';
    const answer = await ask(`POST ${path}`, { headers, body });
    expect(answer.status).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
  });
});

describe("the request id", () => {
  // prettier-ignore
  it.each<[says: string, given: string | undefined, back: RegExp]>([
    ["of the caller comes back",                 "trace-7:a/b", /^trace-7:a\/b$/],
    ["is made where the caller has none",        undefined,     /^[0-9a-f-]{36}$/],
    ["is made where the given one has a space",  "a b",         /^[0-9a-f-]{36}$/],
    ["is made where the given one is too long",  "a".repeat(129), /^[0-9a-f-]{36}$/],
    ["is made where the given one is empty",     "",            /^[0-9a-f-]{36}$/],
  ])("%s", async (_says, given, back) => {
    const headers: Record<string, string> = given === undefined ? {} : { "x-request-id": given };
    expect((await ask("GET /health", { headers })).headers["x-request-id"]).toMatch(back);
    const refused = await ask("GET /nothing", { headers: { ...headers, host: "evil.example" } });
    expect(refused.headers["x-request-id"]).toMatch(back);
  });
});

describe("the access log", () => {
  const check = { headers: { "content-type": "application/json" }, body: "{}" };

  async function lineOf(id: string, line: string, sent: Ask = {}): Promise<string> {
    const headers = { ...sent.headers, "x-request-id": id };
    await ask(line, { ...sent, headers });
    return waitFor("the line", () => engine.logLines.find((text) => text.includes(`"${id}"`)));
  }

  // prettier-ignore
  it.each<[says: string, line: string, sent: Ask, level: string, facts: object]>([
    ["what is read is told",                 "GET /policies",             {},    "info",  { method: "GET", path: "/policies", statusCode: 200 }],
    ["what is changed is told",              "POST /v1/policies:reload",  {},    "info",  { method: "POST", path: "/v1/policies:reload", statusCode: 200 }],
    ["what is refused is told",              "GET /v1/nothing",           {},    "info",  { path: "/v1/nothing", statusCode: 404 }],
    ["a decision is told to who asks for it", "POST /v1/connections:check", check, "debug", { path: "/v1/connections:check", statusCode: 200 }],
    ["a decision at another path likewise",  "POST /api/v1/check",        { ...check, body: '{"policy_type":"a"}' }, "debug", { path: "/api/v1/check", statusCode: 200 }],
    ["a check that is no check is told",     "POST /v1/connections:check", { ...check, body: "[]" }, "info", { statusCode: 400 }],
    ["the query is not told",                "GET /events?limit=1",       {},    "info",  { path: "/events" }],
  ])("%s", async (says, line, sent, level, facts) => {
    const text = await lineOf(says.replaceAll(" ", "-"), line, sent);
    expect(text.split(" request ")[0]).toBe(level);
    expect(JSON.parse(text.slice(text.indexOf("{")))).toMatchObject({
      ...facts,
      peer: "127.0.0.1",
      durationMs: expect.any(Number) as number,
    });
  });
});
