import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, type Json } from "../../../support/rest.js";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

const RELIABLE = { name: "reliable", params: ["score"], expression: "score >= 0.5" };
const POLICIES = {
  policies: {
    p: { type: "t", rules: [{ id: "r", action: "deny", condition: "!reliable(client.score)" }] },
  },
};
const SHOWN = { ...RELIABLE, id: "reliable", description: "", code: "score >= 0.5" };

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({ policies: POLICIES, functions: [RELIABLE] });
});
afterAll(() => engine.stop());
const ask = (line: string, body?: unknown) => askJson(engine, line, body);
const allowed = async (score: number): Promise<unknown> => {
  const body = { policy_type: "t", context: { client: { score } } };
  return (await ask("POST /api/v1/check", body)).json["allowed"];
};

describe("policy functions", () => {
  it("are listed and shown as they are in their files", async () => {
    expect((await ask("GET /api/v1/functions")).json).toEqual([SHOWN]);
    expect((await ask("GET /api/v1/functions/reliable")).json).toEqual(SHOWN);
    expect((await ask("GET /api/v1/functions/nope")).status).toBe(404);
  });

  it("decide as soon as they are changed, in the file they were in", async () => {
    expect(await allowed(0.6)).toBe(true);
    const { status } = await ask("PUT /api/v1/functions/reliable", { expression: "score >= 0.9" });
    expect([status, await allowed(0.6)]).toEqual([200, false]);
    const text = readFileSync(join(engine.functionsFolder, "0.json"), "utf8");
    expect(JSON.parse(text)).toEqual({ ...RELIABLE, expression: "score >= 0.9" });
    await ask("PUT /api/v1/functions/reliable", { code: "score >= 0.5" });
    expect(await allowed(0.6)).toBe(true);
  });

  it("are created, called, and deleted again", async () => {
    const body = { name: "busy", params: ["load"], code: "load > 0.8", description: "too much" };
    const created = await ask("POST /api/v1/functions", body);
    expect([created.status, created.json["expression"]]).toEqual([201, "load > 0.8"]);
    const file = join(engine.functionsFolder, "busy.json");
    expect(existsSync(file)).toBe(true);
    expect((await ask("DELETE /api/v1/functions/busy")).json).toMatchObject({ success: true });
    expect(existsSync(file)).toBe(false);
    expect((await ask("DELETE /api/v1/functions/busy")).status).toBe(404);
  });

  // prettier-ignore
  it.each<[says: string, line: string, body: object | undefined, status: number, error: string]>([
    ["a name that is taken",            "POST /api/v1/functions",            RELIABLE,                                       409, "function `reliable` exists already"],
    ["a name that leads elsewhere",     "POST /api/v1/functions",            { ...RELIABLE, name: "../x" },                  400, "name must be a small letter"],
    ["no name",                         "POST /api/v1/functions",            { expression: "true" },                         400, "name must be a small letter"],
    ["no expression",                   "POST /api/v1/functions",            { name: "empty" },                              400, "expression is missing"],
    ["an expression that is none",      "POST /api/v1/functions",            { name: "half", expression: "a >" },            400, "expression"],
    ["a call in a circle",              "POST /api/v1/functions",            { name: "loop", expression: "loop()" },         400, "loop"],
    ["params that policies do not give", "PUT /api/v1/functions/reliable",   { params: ["a", "b"] },                         400, "reliable"],
    ["a function that is not there",    "PUT /api/v1/functions/nope",        { expression: "true" },                         404, "function `nope` not found"],
    ["another name",                    "PUT /api/v1/functions/reliable",    { name: "other" },                              400, "name must be `reliable`"],
    ["deleting what a condition calls", "DELETE /api/v1/functions/reliable", undefined,                                      400, "reliable"],
  ])("%s is refused, and changes nothing", async (_says, line, body, status, error) => {
    const before = [engine.status().policyVersion, (await ask("GET /api/v1/functions")).json];
    const answer = await ask(line, body);
    expect(answer.json["error"]).toContain(error);
    expect(answer.status).toBe(status);
    expect([engine.status().policyVersion, (await ask("GET /api/v1/functions")).json]).toEqual(before);
  });

  it("are not overwritten where the file was edited and is broken", async () => {
    const own = await startTestEngine({ policies: POLICIES, functions: [RELIABLE] });
    try {
      const file = join(own.functionsFolder, "0.json");
      writeFileSync(file, "{ broken");
      const change = { expression: "score >= 0.9" };
      const { status } = await askJson(own, "PUT /api/v1/functions/reliable", change);
      expect([404, 409]).toContain(status);
      expect(readFileSync(file, "utf8")).toBe("{ broken");
    } finally {
      await own.stop();
    }
  });
});

describe("who changes a function", () => {
  it("at the same time as somebody else loses none of either's fields", async () => {
    for (let round = 0; round < 5; round++) {
      const expression = `load > 0.${round + 1}`;
      await ask("POST /api/v1/functions", { name: "shared", params: ["load"], expression: "true" });
      const answers = await Promise.all([
        ask("PUT /api/v1/functions/shared", { description: "too much" }),
        ask("PUT /api/v1/functions/shared", { expression }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const { json } = await ask("GET /api/v1/functions/shared");
      expect(json).toMatchObject({ description: "too much", expression });
      await ask("DELETE /api/v1/functions/shared");
    }
  });

  // prettier-ignore
  it.each<[verb: string, line: string, body: object | undefined]>([
    ["creates", "POST /api/v1/functions",        { name: "why", params: ["load"], expression: "load > 1" }],
    ["changes", "PUT /api/v1/functions/why",     { expression: "load > 2" }],
    ["deletes", "DELETE /api/v1/functions/why",  undefined],
  ])("%s it under a name, and may say why: in the version and in its event", async (verb, line, body) => {
    const before = engine.status().policyVersion;
    await askJson(engine, line, body, { "x-change-reason": `one ${verb} it` });
    const version = { policyVersion: String(before + 1) };
    const author = { actor: "127.0.0.1", reason: `one ${verb} it` };
    const { json: history } = await ask("GET /v1/policyVersions?page_size=1");
    expect(history["versions"]).toEqual([
      expect.objectContaining({ ...version, ...author, source: "POLICY_VERSION_SOURCE_API" }),
    ]);
    const { json: events } = await ask("GET /v1/events?newestFirst=true&pageSize=1");
    expect(events["events"]).toEqual([
      expect.objectContaining({
        ...{ ...version, eventType: "POLICY_LOADED" },
        details: expect.objectContaining({ ...author, count: 1 }) as object,
      }),
    ]);
  });

  it("changes nothing, and makes no version, where everything is so already", async () => {
    const before = engine.status().policyVersion;
    const { status, json } = await ask("PUT /api/v1/functions/reliable", RELIABLE);
    expect([status, json, engine.status().policyVersion]).toEqual([200, SHOWN, before]);
  });

  it("leaves a function alone that stands in the file which the new one would have", async () => {
    const own = await startTestEngine({ policies: POLICIES, functions: [RELIABLE] });
    try {
      const other = { ...RELIABLE, name: "other" };
      writeFileSync(join(own.functionsFolder, "free.json"), JSON.stringify(other));
      await askJson(own, "POST /policies/reload");
      await askJson(own, "POST /api/v1/functions", { ...RELIABLE, name: "free" });
      const { list } = await askJson(own, "GET /api/v1/functions");
      expect(list.map(({ name }) => name)).toEqual(["free", "other", "reliable"]);
    } finally {
      await own.stop();
    }
  });

  it("says why in at most 1,000 characters", async () => {
    const reason = { "x-change-reason": "x".repeat(1001) };
    const change = { expression: "score >= 0.8" };
    const answer = await askJson(engine, "PUT /api/v1/functions/reliable", change, reason);
    expect(answer.json["error"]).toContain("x-change-reason must be at most 1000 characters");
    expect((await ask("GET /api/v1/functions/reliable")).json).toEqual(SHOWN);
  });

  it("is told how many recorded decisions it would turn, where that is limited", async () => {
    const own = await startTestEngine({
      ...{ policies: POLICIES, functions: [RELIABLE] },
      settings: { MAX_FLIPPED_DECISIONS_PERCENT: "50" },
    });
    try {
      const asked = { policy_type: "t", context: { client: { score: 0.6 } } };
      await askJson(own, "POST /api/v1/check", asked);
      const change = { expression: "score >= 0.9" };
      const put = async (headers: Record<string, string>) =>
        (await askJson(own, "PUT /api/v1/functions/reliable", change, headers)).json;
      expect((await put({}))["error"]).toContain("send `x-confirm-impact: 1` to make the change");
      expect((await put({ "x-confirm-impact": "1" }))["expression"]).toBe("score >= 0.9");
    } finally {
      await own.stop();
    }
  });

  it("never overwrites an edit of another function that is not loaded yet", async () => {
    const own = await startTestEngine({ policies: POLICIES, functions: [RELIABLE] });
    try {
      const edited = { name: "busy", params: ["load"], expression: "load > 1" };
      writeFileSync(join(own.functionsFolder, "busy.json"), JSON.stringify(edited));
      const change = { expression: "score >= 0.9" };
      const statuses = [];
      for (let attempt = 0; attempt < 2; attempt++) {
        const { status } = await askJson(own, "PUT /api/v1/functions/reliable", change);
        statuses.push(status);
      }
      const { json } = await askJson(own, "GET /v1/policyVersions");
      const sources = (json["versions"] as Json[]).map(({ source }) => source);
      expect([statuses.at(-1), sources.slice(0, 2)]).toEqual([
        200,
        ["POLICY_VERSION_SOURCE_API", "POLICY_VERSION_SOURCE_FILE"],
      ]);
    } finally {
      await own.stop();
    }
  });
});

describe("trying a predicate", () => {
  // prettier-ignore
  it.each<[expression: string, context: object, answer: object]>([
    ["score >= 0.5",             { score: 0.7 },  { success: true, result: true }],
    ["score >= 0.5",             { score: 0.2 },  { success: true, result: false }],
    ["reliable(score) && x > 1", { score: 1, x: 2 }, { success: true, result: true }],
    ["engine.hour < 24",         {},              { success: true, result: true }],
    ["engine.hour < 24",         { engine: { hour: 24 } }, { success: true, result: false }],
    ["score >= 0.5",             {},              { success: false, error: expect.stringContaining("score") as string }],
    ["1 + 1",                    {},              { success: false, error: expect.stringContaining("not true or false") as string }],
  ])("%s with %j", async (code, context, answer) => {
    expect((await ask("POST /api/v1/functions/test", { code, context })).json).toEqual(answer);
  });

  it("says whether it is valid, and what is wrong with it", async () => {
    const valid = async (code: string) =>
      (await ask("POST /api/v1/functions/validate", { code })).json;
    expect(await valid("model_size > 1e6 && model_size < 1e9")).toMatchObject({ valid: true });
    expect(await valid("a >")).toMatchObject({
      ...{ valid: false, message: expect.stringMatching(/^expression: /) as string },
    });
  });
});

describe("code of another language", () => {
  // prettier-ignore
  it.each([
    "def policy(context):\n    return True",
    "import os\nos.system('id')",
    "lambda context: True",
    "return True",
    "x = 1",
    "__import__('os').system('id')",
    "exec('1')",
    "(context) => true",
    "function f() { return true }",
    "class A: pass",
  ])("%j is refused with 422 on every route, and what to write instead", async (code) => {
    const lines = [
      "POST /api/v1/functions",
      "PUT /api/v1/functions/reliable",
      "POST /api/v1/functions/validate",
      "POST /api/v1/functions/test",
    ];
    for (const line of lines) {
      const name = line.startsWith("PUT") ? "reliable" : "python";
      const { status, json } = await ask(line, { name, code, context: {} });
      expect(json["error"]).toMatch(/^code is never executed: write a predicate, such as/);
      expect([line, status]).toEqual([line, 422]);
    }
  });

  // prettier-ignore
  it.each([
    "a == 1",
    "a != 1 && b <= 2 || c >= 3",
    "name == 'def f(): return 1'",
    "text.contains(\"import x\")",
    "format > 1 && important",
  ])("%s is a predicate", async (code) => {
    expect((await ask("POST /api/v1/functions/validate", { code })).status).toBe(200);
  });
});

describe("without POLICY_FUNCTIONS_DIR", () => {
  it("nothing can be changed: 409 names the setting; there are none", async () => {
    const own = await startTestEngine({ policies: { policies: {} } });
    try {
      expect((await askJson(own, "GET /api/v1/functions")).json).toEqual([]);
      const lines: [string, object | undefined][] = [
        ["POST /api/v1/functions", RELIABLE],
        ["PUT /api/v1/functions/reliable", { expression: "true" }],
        ["DELETE /api/v1/functions/reliable", undefined],
      ];
      for (const [line, body] of lines) {
        const { status, json } = await askJson(own, line, body);
        expect(json["error"]).toContain("POLICY_FUNCTIONS_DIR");
        expect([line, status]).toEqual([line, 409]);
      }
    } finally {
      await own.stop();
    }
  });
});
