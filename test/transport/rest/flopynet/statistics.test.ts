import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, type Json } from "../../../support/rest.js";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

const POLICIES = {
  policies: {
    training: {
      type: "training",
      name: "Training",
      rules: [
        { id: "ok", action: "allow", match: { operation: "train" } },
        { id: "busy", action: "deny", condition: "load > 0.8" },
      ],
    },
  },
};
const dataDir = mkdtempSync(join(tmpdir(), "flopynet-statistics-"));
const start = (): Promise<TestEngine> =>
  startTestEngine({ policies: POLICIES, settings: { STORAGE: "sqlite", DATA_DIR: dataDir } });

let engine: TestEngine;
const get = (path: string) => askJson(engine, `GET ${path}`);
const check = (context: object, policyType = "training") =>
  askJson(engine, "POST /api/v1/check", { policy_type: policyType, context });

let startS: number;
beforeAll(async () => {
  startS = Date.now() / 1000;
  engine = await start();
  await check({ client_id: "c1", operation: "train", load: 0, token: "t", signature: "s" });
  await check({ client_id: "c2", operation: "train", load: 0.9 });
  await check({ server_id: "s1", operation: "train", load: 0.9, request_id: "r-7" });
  await check({ requester_id: "me", component: "collector", action: "read" }, "nobody");
});
afterAll(async () => {
  await engine.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const counts = (total: number, allowed: number) => ({ total, allowed, denied: total - allowed });

// Each is asked twice: of the engine that decided, and right after a restart.
describe.each([
  ["of the engine that decided", false],
  ["right after a restart", true],
])("statistics %s", (_says, isRestarted) => {
  beforeAll(async () => {
    if (!isRestarted) return;
    await engine.stop();
    engine = await start();
  });

  it("count by component, policy type and requester", async () => {
    expect((await get("/api/v1/policy_statistics")).json).toEqual({
      ...{ total_checks: 4, allowed_checks: 2, denied_checks: 2 },
      by_component: {
        "fl-client": counts(2, 1),
        "fl-server": counts(1, 0),
        collector: counts(1, 1),
      },
      by_policy_type: { training: counts(3, 1), nobody: counts(1, 1) },
      by_requester: { c1: counts(1, 1), c2: counts(1, 0), s1: counts(1, 0), me: counts(1, 1) },
    });
  });

  it("are the figures of both metrics endpoints", async () => {
    const totals = {
      ...{ policy_checks_total: 4, policy_checks_allowed: 2, policy_checks_denied: 2 },
      ...{ policy_count: 1, enabled_policy_count: 1 },
    };
    const metrics = (await get("/metrics")).json;
    expect(metrics).toMatchObject({
      ...{ ...totals, policy_applications_count: 4, version: expect.any(String) as string },
      policy_components: expect.arrayContaining(["fl-client", "collector"]) as string[],
      policy_requesters: expect.arrayContaining(["c1", "me"]) as string[],
    });
    expect(metrics["latest_application_timestamp"]).toBeGreaterThan(startS - 1);
    expect((await get("/api/v1/metrics")).json).toMatchObject({
      ...{ ...totals, function_count: 0, decisions_history_count: 4 },
      ...{ decisions_last_hour_total: 4, decisions_last_hour_allowed: 2 },
      decisions_last_hour_denied: 2,
    });
  });

  it("are points by the hour", async () => {
    const { json } = await get(`/api/v1/policy_metrics?start_time=${startS}`);
    const points = json["metrics"] as Record<string, number>[];
    const sum = (name: string): number =>
      points.reduce((total, point) => total + (point[name] ?? 0), 0);
    expect([sum("total_evaluations"), sum("allowed_count"), sum("denied_count")]).toEqual([
      4, 2, 2,
    ]);
    expect(points[0]?.["policies_active"]).toBe(1);
    const before = await get("/api/v1/policy_metrics?start_time=0&end_time=1000000000");
    expect(before.json).toEqual({ metrics: [] });
  });

  it("are counts by rule", async () => {
    expect((await get("/api/v1/analytics/rule_performance")).json).toMatchObject({
      total_rules: 2,
      rules: [
        { policy_id: "training", rule_id: "busy", decisions: 2, allowed: 0, denied: 2 },
        { policy_id: "training", rule_id: "ok", decisions: 1, allowed: 1, denied: 0 },
      ],
    });
    expect((await get("/api/v1/policies/performance")).json["policies"]).toEqual([
      expect.objectContaining({
        ...{ policy_id: "training", rule_count: 2, conditions: 1, decisions: 3, denied: 2 },
      }),
    ]);
  });

  it("are patterns over the day", async () => {
    const { json } = await get("/api/v1/analytics/decision_patterns");
    expect(json).toMatchObject({
      ...{ total_decisions: 4, allowed: 2, denied: 2, denial_rate: 50 },
      by_answer: { allowed: counts(2, 2), explicit: counts(2, 0) },
    });
    const hours = json["by_hour_of_day"] as { total: number }[];
    expect([hours.length, hours.reduce((sum, { total }) => sum + total, 0)]).toEqual([24, 4]);
  });

  it("say which components enforce", async () => {
    const { json } = await get("/api/v1/enforcement/status");
    expect(json).toMatchObject({ status: "enforcing" });
    expect(json["enforcement_points"]).toContainEqual(
      expect.objectContaining({ component: "fl-client", checks: 2, allowed: 1, denied: 1 }),
    );
  });

  // prettier-ignore
  it.each<[query: string, requesters: string[]]>([
    ["",                                ["me", "s1", "c2", "c1"]],
    ["?limit=2",                        ["me", "s1"]],
    ["?result=deny",                    ["s1", "c2"]],
    ["?result=Allowed",                 ["me", "c1"]],
    ["?result=1",                       ["me", "c1"]],
    ["?component=fl-client",            ["c2", "c1"]],
    ["?component=nobody",               []],
    ["?policy_id=training",             ["s1", "c2", "c1"]],
    ["?start_time=2100-01-01T00:00:00", []],
    ["?end_time=1000000000",            []],
    ["?component=fl-client&result=deny&limit=1", ["c2"]],
  ])("decisions%s are those that match, newest first", async (query, requesters) => {
    const { list } = await get(`/api/v1/policy_decisions${query}`);
    expect(list.map((one) => one["requester_id"])).toEqual(requesters);
  });

  it("decisions of another result are refused", async () => {
    const { status, json } = await get("/api/v1/policy_decisions?result=maybe");
    expect([status, json["error"]]).toEqual([400, "result must be allow or deny"]);
  });

  it("a decision is told with its rules, and without what is secret", async () => {
    const { list } = await get("/api/v1/policy_decisions?policy_id=training");
    expect(list[0]).toMatchObject({
      ...{ request_id: "r-7", component: "fl-server", decision: "deny", result: false },
      ...{ policy_id: "training", policy_name: "Training", policy_type: "training" },
      violations: [expect.objectContaining({ rule_id: "busy" })],
    });
    const first = list.at(-1);
    const { context } = first as { context: Json };
    expect(context).toMatchObject({ client_id: "c1", operation: "train" });
    expect(Object.keys(context)).not.toContain("token");
    expect(Object.keys(context)).not.toContain("signature");
    const one = await get(`/api/v1/policy_decisions/${String(first?.["id"])}`);
    expect(one.json).toEqual(first);
  });

  it("applications are one for each check", async () => {
    const { list } = await get("/api/v1/policy_applications?requester_id=me");
    expect(list).toEqual([
      expect.objectContaining({
        ...{ requester_id: "me", component: "collector", action: "read", result: true },
        ...{ policy_type: "nobody", policies_checked: [], policy_count: 0, violations: [] },
      }),
    ]);
    const ofType = await get("/api/v1/policy_applications?policy_type=training");
    expect(ofType.list.map(({ policy_count: n }) => n)).toEqual([1, 1, 1]);
  });
});

it("a decision that is not recorded is 404, whatever its id looks like", async () => {
  for (const id of ["x", "01a21c7c-4768-71a6-bc0a-085a8106c692", "%2F", "decision_1_2"]) {
    expect((await get(`/api/v1/policy_decisions/${id}`)).status).toBe(404);
  }
});
