import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCESS } from "../../../src/application/access-control.js";
import { DECLARED_ROUTES } from "../../../src/transport/rest/declared-route-list.js";
import type { RouteDeclaration } from "../../../src/transport/rest/route-declaration.js";
import { askHttp } from "../../support/ask-http.js";
import { askJson, flopynetFixture, type Json } from "../../support/rest.js";
import { ROUTE_EXAMPLES } from "../../support/rest-examples.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

const ROUTES = DECLARED_ROUTES.filter((route): route is RouteDeclaration => "handle" in route);
const lineOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;
const named = (routes: readonly RouteDeclaration[]) =>
  routes.map((route) => [lineOf(route), route] as const);
/** Decisions of the trust service have tests of their own. */
const isExample = (route: RouteDeclaration): boolean => !route.path.includes("/trust/");

const start = (): Promise<TestEngine> =>
  startTestEngine({
    policies: flopynetFixture("policies.json"),
    defaults: flopynetFixture("default_policies.json"),
    functions: [],
  });

let engine: TestEngine;
beforeAll(async () => {
  engine = await start();
});
afterAll(() => engine.stop());

const pathOf = (route: RouteDeclaration): string =>
  ROUTE_EXAMPLES[lineOf(route)]?.path ?? route.path.replace("{id}", "x");

describe("every route of families 1 and 2", () => {
  it("is one of many", () => {
    expect(ROUTES.length).toBeGreaterThan(60);
  });

  it.each(named(ROUTES.filter(isExample)))(
    "%s answers what it declares",
    async (line, { method, status = 200, answer, path }) => {
      const own = await start();
      try {
        const { path: asked = path, body, before = [] } = ROUTE_EXAMPLES[line] ?? {};
        const check = { policy_type: "t", context: { client_id: "c" } };
        const { json: decided } = await askJson(own, "POST /api/v1/check", check);
        for (const [first, sent] of before) await askJson(own, first, sent);
        const known = asked.replace("{id}", String(decided["decision_id"]));
        const given = await askJson(own, `${method} ${known}`, body);
        expect([given.text, given.status]).toEqual([expect.any(String), status]);
        expect(answer?.safeParse(given.json).error).toBeUndefined();
        expect(given.headers["content-type"]).toContain("application/json");
      } finally {
        await own.stop();
      }
    },
  );

  it.each(named(ROUTES))("%s is not PATCH, and tells what it is", async (_line, route) => {
    const { status, json, headers } = await askJson(engine, `PATCH ${pathOf(route)}`);
    expect(json["error"]).toMatch(/^PATCH is not allowed here: use [A-Zor ]+$/);
    expect([status, headers["allow"]]).toEqual([405, expect.stringContaining(route.method)]);
    const options = await askJson(engine, `OPTIONS ${pathOf(route)}`);
    expect([options.status, options.headers["allow"]]).toEqual([204, headers["allow"]]);
  });

  it.each(named(ROUTES.filter(({ path }) => path !== "/health")))(
    "%s is guarded as the RPC of which it is a view",
    (_line, { rpc = "", method }) => {
      expect(ACCESS.get(rpc)).toBeDefined();
      const isChange = ACCESS.get(rpc) === "change";
      expect(isChange && method === "GET").toBe(false);
    },
  );

  // What POST, PUT and DELETE only ask about.
  const QUESTIONS =
    /check|evaluate|authorize_flow|valid|simulate|policy_cache_check|functions\/test$/;
  it.each(named(ROUTES.filter(({ method, path }) => method !== "GET" && !QUESTIONS.test(path))))(
    "%s is a change: who may not change policy may not do this",
    (_line, { rpc = "" }) => {
      expect(ACCESS.get(rpc)).toBe("change");
    },
  );

  const reads = ROUTES.filter((route) => route.method === "GET" && isExample(route));
  it.each(named(reads))("%s ignores parameters that nobody knows", async (_line, route) => {
    const plain = await askJson(engine, `GET ${pathOf(route)}`);
    const more = await askJson(engine, `GET ${pathOf(route)}?zzz=1&zzz=2&__proto__=x&limitx=-1`);
    expect(more.status).toBe(plain.status);
    const head = await askHttp(engine.restPort, `HEAD ${pathOf(route)}`);
    expect([head.status, head.text]).toEqual([plain.status, ""]);
  });
});

const parametersNamed = (names: readonly string[]) =>
  ROUTES.flatMap((route) =>
    Object.keys(route.query?.shape ?? {})
      .filter((name) => names.includes(name))
      .map((name) => [`${lineOf(route)}?${name}`, `GET ${pathOf(route)}?${name}`, name] as const),
  );

describe("a limit", () => {
  it.each(parametersNamed(["limit"]))("%s may be huge, and nothing else", async (_says, line) => {
    for (const limit of ["1", "99999999999999999999"]) {
      const { status } = await askJson(engine, `${line}=${limit}`);
      expect([limit, status]).toEqual([limit, 200]);
    }
    for (const limit of ["0", "-1", "1.5", "x", "1e9", "0x10", "1&limit=2"]) {
      const { status, json } = await askJson(engine, `${line}=${limit}`);
      expect([limit, json["error"]]).toEqual([limit, expect.stringMatching(/^limit must be /)]);
      expect(status).toBe(400);
    }
  });
});

describe("a time", () => {
  it.each(parametersNamed(["start_time", "end_time"]))(
    "%s is seconds or ISO 8601, and nothing else",
    async (_says, line, name) => {
      for (const time of ["1750000000", "1750000000.5", "2025-06-16T12:00:00Z", ""]) {
        expect((await askJson(engine, `${line}=${time}`)).status).toBe(200);
      }
      for (const time of ["soon", "NaN", "-", "2025-99-01T00:00:00Z", "1e99"]) {
        const { status, json } = await askJson(engine, `${line}=${time}`);
        expect(json["error"]).toMatch(new RegExp(`^${name} must be a time`));
        expect(status).toBe(400);
      }
    },
  );
});

const JSON_TYPE = "application/json";
// prettier-ignore
const BAD_BODIES: readonly [says: string, status: number, type: string | undefined, body: string | Uint8Array, error: RegExp][] = [
  ["no body",              400, JSON_TYPE,                           "",                              /^body is missing/],
  ["plain text",           415, "text/plain",                        "{}",                            /must be application\/json/],
  ["a form",               415, "application/x-www-form-urlencoded", "a=1",                           /must be application\/json/],
  ["no content type",      415, undefined,                           "{}",                            /needs `Content-Type: application\/json`/],
  ["a list",               400, JSON_TYPE,                           "[]",                            /^body must be an object/],
  ["null",                 400, JSON_TYPE,                           "null",                          /^body must be an object/],
  ["a number",             400, JSON_TYPE,                           "7",                             /^body must be an object/],
  ["text",                 400, JSON_TYPE,                           "\"x\"",                         /^body must be an object/],
  ["half an object",       400, JSON_TYPE,                           "{\"a\":",                       /^body/],
  ["5 MB",                 413, JSON_TYPE,                           `"${"x".repeat(5_000_000)}"`,    /at most/],
  ["bytes that are no text", 400, JSON_TYPE,                         new Uint8Array([0x7b, 0xff, 0x7d]), /UTF-8/],
  ["a key twice",          400, JSON_TYPE,                           '{"type":"a","type":"b"}',       /twice|duplicate/i],
  ["__proto__",            400, JSON_TYPE,                           '{"__proto__":{"type":"a"}}',    /__proto__/],
];

describe.each(named(ROUTES.filter(({ body }) => body !== undefined)))("%s", (_line, route) => {
  it.each(BAD_BODIES)("refuses %s with %i", async (_says, status, type, body, error) => {
    const before = engine.status().policyVersion;
    const answer = await askHttp(engine.restPort, `${route.method} ${pathOf(route)}`, {
      headers: type === undefined ? {} : { "content-type": type },
      body,
    });
    expect((answer.json as Json)["error"]).toMatch(error);
    expect(answer.status).toBe(status);
    expect(engine.status().policyVersion).toBe(before);
  });
});
