import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, type Json } from "../../../support/rest.js";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

const RULES = [{ action: "deny", match: { operation: "x" } }];
const POLICY = { name: "Kept", type: "t", priority: 5, rules: RULES };

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({ policies: { version: 2, policies: { kept: POLICY } } });
  await ask("PUT /api/v1/policies/kept", { priority: 6 }); // 3
  await ask("POST /api/v1/policies/kept/disable"); // 4
  await ask("POST /api/v1/policies/kept/enable"); // 5
  await ask("POST /policies", { id: "new", type: "t", rules: RULES }); // 6
  await ask("DELETE /policies/new"); // 7
});
afterAll(() => engine.stop());

const ask = (line: string, body?: unknown) => askJson(engine, line, body);
const history = async (query: string, path = "/api/v1/policy_history") => {
  const { json } = await ask(`GET ${path}${query}`);
  const entries = json["history"] as Json[];
  return {
    json,
    entries,
    told: entries.map((one) => `${String(one["action"])} ${String(one["version"])}`),
  };
};

describe("the history of policies", () => {
  it("tells what each version did, newest first; creation too", async () => {
    const { told, json, entries } = await history("");
    expect(told).toEqual(["delete 7", "create 6", "enable 5", "disable 4", "update 3"]);
    expect(json).toMatchObject({ total_count: 5, offset: 0, limit: 100, has_more: false });
    expect(entries[4]).toMatchObject({
      ...{ policy_id: "kept", policy_name: "Kept", policy_type: "t", source: "API" },
      ...{ old_data: { priority: 5 }, new_data: { priority: 6 } },
    });
    expect(entries[0]).toMatchObject({ policy_id: "new", new_data: null, old_data: { id: "new" } });
  });

  // prettier-ignore
  it.each<[query: string, told: string[], more: boolean]>([
    ["?limit=2",                    ["delete 7", "create 6"],              true],
    ["?limit=2&offset=4",           ["update 3"],                          false],
    ["?offset=9",                   [],                                    false],
    ["?policy_id=kept",             ["enable 5", "disable 4", "update 3"], false],
    ["?action=delete",              ["delete 7"],                          false],
    ["?policy_id=kept&action=create", [],                                  false],
  ])("%s", async (query, told, more) => {
    const page = await history(query);
    expect([page.told, page.json["has_more"]]).toEqual([told, more]);
  });

  it("of one policy, also of a deleted one; 404 for one that never was", async () => {
    expect((await history("", "/api/v1/policies/new/history")).told).toEqual([
      "delete 7",
      "create 6",
    ]);
    expect((await ask("GET /api/v1/policies/never/history")).status).toBe(404);
  });

  it("tells of what was changed in the file", async () => {
    const own = await startTestEngine({ policies: { version: 2, policies: { kept: POLICY } } });
    try {
      const changed = { version: 2, policies: { kept: { ...POLICY, priority: 9 } } };
      writeFileSync(own.policyFile, JSON.stringify(changed));
      expect((await askJson(own, "POST /policies/reload")).json).toMatchObject({ changed: true });
      const { json } = await askJson(own, "GET /api/v1/policy_history");
      expect(json["history"]).toEqual([
        expect.objectContaining({ action: "update", source: "FILE", version: 3 }),
      ]);
    } finally {
      await own.stop();
    }
  });
});

describe("reverting one policy", () => {
  it("makes it what it was in a version, as a new version", async () => {
    const { status, json } = await ask("POST /api/v1/policies/kept/revert", { version: 2 });
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ policy: expect.objectContaining({ priority: 5 }) as object }),
    ]);
    expect(json["policy_version"]).toBe(8);
  });

  it("brings a deleted one back", async () => {
    expect((await ask("POST /api/v1/policies/new/revert", { version: 6 })).status).toBe(200);
    expect((await ask("GET /policies/new")).status).toBe(200);
  });

  // prettier-ignore
  it.each<[says: string, isThere: boolean, etag: string, status: number]>([
    ["one that has changed since",    true,  '"stale"', 412],
    ["one that was deleted since",    false, '"stale"', 412],
    ["one in any state",              true,  "*",       200],
    ["one in any state, also deleted", false, "*",       200],
  ])("obeys If-Match: %s", async (_says, isThere, etag, status) => {
    await ask("POST /policies", { id: "matched", type: "t", rules: RULES });
    const { json } = await ask("GET /api/v1/policy_version");
    await ask("POST /api/v1/policies/matched/disable");
    const verb = isThere ? "GET" : "DELETE";
    expect((await ask(`${verb} /policies/matched`)).status).toBe(200);
    const body = { version: json["version"] };
    const headers = { "if-match": etag };
    const answer = await askJson(engine, "POST /api/v1/policies/matched/revert", body, headers);
    await ask("DELETE /policies/matched");
    expect(answer.status).toBe(status);
  });

  // prettier-ignore
  it.each<[says: string, body: object, status: number, error: string]>([
    ["a version that never was",       { version: 99 },  404, "policy version `99` not found"],
    ["a version it was not in",        { version: 3 },   404, "policy `new` not found in policy version `3`"],
    ["version 0",                      { version: 0 },   400, "version must be a whole number of at least 1"],
    ["no version",                     {},               400, "version is missing: it is a number"],
    ["a version as text",              { version: "3" }, 400, "version must be a number"],
    ["half a version",                 { version: 2.5 }, 400, "version must be a whole number"],
  ])("to %s is refused", async (_says, body, status, error) => {
    const answer = await ask("POST /api/v1/policies/new/revert", body);
    expect([answer.json["error"], answer.status]).toEqual([error, status]);
  });
});

describe("what a client keeps", () => {
  // prettier-ignore
  it.each<[says: string, difference: number, valid: boolean]>([
    ["of the present version is valid", 0,  true],
    ["of an older one is not",          -1, false],
    ["of one that is not there yet is not either", 1, false],
  ])("%s", async (_says, difference, valid) => {
    const current = engine.status().policyVersion;
    const { json } = await ask("POST /api/v1/policy_cache_check", {
      policy_version: current + difference,
    });
    expect(json).toMatchObject({
      ...{ cache_valid: valid, valid, needs_refresh: !valid, current_version: current },
      client_version: current + difference,
    });
  });

  it.each([[{}], [{ policy_version: "3" }], [{ policy_version: -1 }]])(
    "is refused for %j",
    async (body) => {
      const { status, json } = await ask("POST /api/v1/policy_cache_check", body);
      expect([status, json["error"]]).toEqual([400, expect.stringMatching(/^policy_version /)]);
    },
  );
});

it.each(["night shift", "geçici değişiklik"])(
  "who changes a policy may say why: %s",
  async (reason) => {
    // The bytes of UTF-8, as curl sends them.
    const headers = { "x-change-reason": Buffer.from(reason).toString("latin1") };
    await askJson(engine, "PUT /api/v1/policies/kept", { priority: reason.length }, headers);
    const { json } = await ask("GET /api/v1/policy_history?limit=1");
    expect(json["history"]).toEqual([
      expect.objectContaining({ policy_id: "kept", reason, actor: "127.0.0.1" }),
    ]);
  },
);

it("the metrics count the versions that were made", async () => {
  const made = engine.status().policyVersion - 2;
  const { json } = await ask("GET /metrics");
  expect(json["policy_history_count"]).toBe(made);
  expect((await ask("GET /api/v1/metrics")).json["history_event_count"]).toBe(made);
});

it("a notification is an event, of whom the body names", async () => {
  const body = { policy_id: "kept", notified_by: "dashboard" };
  expect((await ask("POST /api/v1/notify_policy_update", body)).json).toMatchObject({
    success: true,
    policy_version: engine.status().policyVersion,
  });
  const { json } = await ask("GET /events");
  expect((json["events"] as Json[]).at(-1)).toMatchObject({
    ...{ event_type: "POLICY_UPDATE_NOTIFICATION", source_component: "dashboard" },
    details: { policy_id: "kept", notified_by: "dashboard" },
  });
});
