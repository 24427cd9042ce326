import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { askJson, type Json } from "../../../support/rest.js";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

const RULES = [{ action: "deny", match: { operation: "x" } }];
const DOCUMENT = {
  version: 2,
  policies: { kept: { name: "kept", type: "t", priority: 5, rules: RULES, owner: "ops" } },
};

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({ policies: DOCUMENT });
});
afterAll(() => engine.stop());

const inFile = (id: string): unknown =>
  (JSON.parse(readFileSync(engine.policyFile, "utf8")) as { policies: Record<string, unknown> })
    .policies[id];

describe("POST /policies", () => {
  // prettier-ignore
  it.each<[says: string, body: object, id: string, policy: Json]>([
    ["a policy",                            { id: "a", type: "t", rules: RULES },                              "a",        { id: "a", type: "t", rules: RULES }],
    ["{type, data}",                        { type: "t", data: { id: "b", rules: RULES } },                    "b",        { id: "b", type: "t", rules: RULES }],
    ["{type, data} with the type inside",   { data: { id: "c", type: "t", rules: RULES } },                    "c",        { id: "c", type: "t", rules: RULES }],
    ["a policy without id, by its name",    { name: "Night shift", type: "t", rules: RULES },                  "night-shift", { id: "night-shift", name: "Night shift", type: "t", rules: RULES }],
    ["null for what was not filled in",     { id: "d", type: "t", rules: RULES, description: null, priority: null }, "d",  { id: "d", type: "t", rules: RULES }],
    ["keys that nobody knows",              { id: "e", type: "t", rules: RULES, owner: "me" },                 "e",        { id: "e", type: "t", rules: RULES, owner: "me" }],
  ])("takes %s", async (_says, body, id, policy) => {
    const { status, json, headers } = await askJson(engine, "POST /policies", body);
    expect(json).toEqual(policy);
    expect([status, headers["location"]]).toEqual([201, `/policies/${id}`]);
    expect((await askJson(engine, `GET /policies/${id}`)).json).toEqual(policy);
    const { id: _id, ...written } = policy;
    expect(inFile(id)).toEqual(written);
  });

  // prettier-ignore
  it.each<[says: string, body: unknown, status: number, error: string]>([
    ["an id that exists",      { id: "kept", type: "t", rules: RULES },                409, "policy `kept` exists already: update it, or choose another id"],
    ["neither id nor name",    { type: "t", rules: RULES },                            400, "policy.id is missing: give an id, or a name to make one of"],
    ["no type",                { id: "x", rules: RULES },                              400, "`type` is missing: write the policy type"],
    ["a misspelt verb",        { id: "x", type: "t", rules: [{ action: "dney" }] },    400, "policy.rules[0].action: unknown verb \"dney\" (write `deny`)"],
    ["code",                   { id: "x", type: "t", function_code: "def f(): 1" },    400, "is code, which is never executed"],
    ["a priority as text",     { id: "x", type: "t", rules: RULES, priority: "1" },    400, "priority must be a number"],
    ["rules that are no list", { id: "x", type: "t", rules: {} },                      400, "rules must be a list"],
    ["an id for a path",       { id: "validate", type: "t", rules: RULES },            400, "validate"],
  ])("refuses %s, and changes nothing", async (_says, body, status, error) => {
    const before = readFileSync(engine.policyFile, "utf8");
    const answer = await askJson(engine, "POST /policies", body);
    expect(answer.json["error"]).toContain(error);
    expect(answer.status).toBe(status);
    expect(readFileSync(engine.policyFile, "utf8")).toBe(before);
  });
});

describe("PUT /policies/{id}", () => {
  it("replaces the fields of the body, and keeps the others as they were written", async () => {
    const { status, json } = await askJson(engine, "PUT /policies/kept", { priority: 9 });
    expect(json).toEqual({ ...DOCUMENT.policies.kept, id: "kept", priority: 9 });
    expect(status).toBe(200);
  });

  it("takes back what GET gave, and changes nothing", async () => {
    const got = await askJson(engine, "GET /policies/kept");
    const { policyVersion } = engine.status();
    const put = await askJson(engine, "PUT /policies/kept", got.json);
    expect(put.json).toEqual(got.json);
    expect(engine.status().policyVersion).toBe(policyVersion);
  });

  // prettier-ignore
  it.each<[says: string, id: string, body: unknown, status: number, error: string]>([
    ["a policy that is not there", "nope", { priority: 1 },                 404, "policy `nope` not found"],
    ["an empty body",              "kept", {},                              400, "body must hold at least one field to change"],
    ["nothing but an id",          "kept", { id: "kept" },                  400, "body must hold at least one field to change"],
    ["the id of another",          "kept", { id: "other", priority: 1 },    400, "id must be `kept`, the policy of the path, or be left out"],
    ["a fraction",                 "kept", { priority: 1.5 },               400, "policy.priority"],
    ["a rule without verb",        "kept", { rules: [{}] },                 400, "policy.rules[0].action"],
  ])("refuses %s", async (_says, id, body, status, error) => {
    const answer = await askJson(engine, `PUT /policies/${id}`, body);
    expect(answer.json["error"]).toContain(error);
    expect(answer.status).toBe(status);
  });
});

describe("DELETE /policies/{id}", () => {
  beforeEach(async () => {
    await askJson(engine, "POST /policies", { id: "gone", type: "t", rules: RULES });
  });

  it("deletes it", async () => {
    const { status, json } = await askJson(engine, "DELETE /policies/gone");
    expect([status, json]).toEqual([200, { success: true, id: "gone", deleted: true }]);
    expect(inFile("gone")).toBeUndefined();
    expect((await askJson(engine, "DELETE /policies/gone")).status).toBe(404);
  });
});

describe("If-Match", () => {
  it("is the etag that GET gave: a stale one is 412, and nothing is changed", async () => {
    const etag = String((await askJson(engine, "GET /policies/kept")).headers["etag"]);
    const change = (line: string, body?: unknown) =>
      askJson(engine, line, body, { "if-match": etag });
    const first = await change("PUT /policies/kept", { description: "first" });
    expect(first.status).toBe(200);
    expect(first.headers["etag"]).not.toBe(etag);
    const second = await change("PUT /policies/kept", { description: "second" });
    const third = await change("DELETE /policies/kept");
    for (const { status, json } of [second, third]) {
      expect(json["error"]).toMatch(/policy `kept` has changed since this etag/);
      expect(status).toBe(412);
    }
    expect((await askJson(engine, "GET /policies/kept")).json["description"]).toBe("first");
  });
});
