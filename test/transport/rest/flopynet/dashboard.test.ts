import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, FL_CLIENT as CLIENT, type Json, startFlopynet } from "../../../support/rest.js";
import type { TestEngine } from "../../../support/start-engine.js";

// One test for each client of FLOPY-NET: what it sends, and what it reads of the answer.

let engine: TestEngine;
beforeAll(async () => {
  engine = await startFlopynet();
});
afterAll(() => engine.stop());

const ask = (line: string, body?: unknown) => askJson(engine, line, body);
const check = async (policyType: string, context: object, path = "/api/v1/check") =>
  (await ask(`POST ${path}`, { policy_type: policyType, context })).json;
const isNumber = expect.any(Number) as number;
const isText = expect.any(String) as string;

describe("the dashboard", () => {
  const RULE = { action: "deny", description: "d", match: { operation: "x" }, parameters: null };

  it("M and N: the round of a policy, from its form to its deletion", async () => {
    const form = { name: "Form", type: "t", description: "", priority: 3, rules: [RULE] };
    const { json } = await ask("POST /api/v1/policies", {
      type: "t",
      data: { ...form, id: "form" },
    });
    expect(json).toMatchObject({ id: "form" });
    const one = await ask("GET /api/v1/policies/form");
    expect(one.json).toMatchObject({
      ...{ id: "form", name: "Form", enabled: true, status: "active", version: isNumber },
      ...{ created_at: isNumber, updated_at: isNumber, rules: [RULE] },
    });
    const put = await ask("PUT /api/v1/policies/form", { id: "form", ...form, priority: 4 });
    expect([put.status, put.json["success"]]).toEqual([200, true]);
    const again = await ask("PUT /api/v1/policies/form", put.json["policy"]);
    expect(again.json["policy_version"]).toBe(put.json["policy_version"]);
    const off = await ask("POST /api/v1/policies/form/disable");
    expect(off.json).toMatchObject({ success: true });
    expect((await ask("GET /api/policies/form")).json).toMatchObject({ status: "disabled" });
    expect((await ask("POST /api/policies/form/enable")).json).toMatchObject({ success: true });
    expect((await ask("DELETE /api/v1/policies/form")).json).toMatchObject({ success: true });
    expect((await ask("GET /api/v1/policies/form")).status).toBe(404);
  });

  it("M reads one decision, by the id that an answer gave", async () => {
    const { decision_id: id } = await check("fl_client_training", CLIENT);
    for (const root of ["/api/v1/policy_decisions", "/api/policy_decisions"]) {
      const { json } = await ask(`GET ${root}/${String(id)}`);
      expect(json).toMatchObject({ id, decision: "allow", result: true });
    }
  });

  it("M reads figures under the name it looks for", async () => {
    expect((await ask("GET /api/v1/metrics")).json).toMatchObject({
      ...{ average_decision_time_ms: isNumber, avg_decision_time_ms: isNumber },
      ...{ enabled_policy_count: isNumber, policy_count: isNumber },
    });
  });

  it("M reads rule performance and decision patterns", async () => {
    await check("fl_client_start", {
      ...CLIENT,
      operation: "client_registration",
      active_clients: 1e3,
    });
    const performance = (await ask("GET /api/v1/analytics/rule_performance")).json;
    expect(performance["rules"]).toContainEqual(
      expect.objectContaining({ policy_id: "default-client-reg-003", denied: isNumber }),
    );
    const patterns = (await ask("GET /api/v1/analytics/decision_patterns")).json;
    expect(patterns["by_policy_type"]).toHaveProperty("fl_client_start");
  });

  it("N asks for decisions with ISO times, and shows how each came out", async () => {
    await check("fl_client_start", {
      ...CLIENT,
      operation: "client_registration",
      active_clients: 1e3,
    });
    const start = new Date(Date.now() - 3_600_000).toISOString();
    const naive = start.slice(0, -1);
    for (const time of [start, naive, naive.slice(0, 19)]) {
      const { list } = await ask(`GET /api/v1/policy_decisions?start_time=${time}&result=deny`);
      expect(list[0]).toMatchObject({
        ...{ id: isText, request_id: isText, decision: "deny", result: false, timestamp: isNumber },
        ...{ execution_time: isNumber, policy_name: isText, decision_path: [isText] },
        applied_actions: [expect.objectContaining({ action: "deny" })],
        rule_evaluations: [expect.objectContaining({ result: "deny" })],
        evaluation_details: { matched_rules: 1 },
        violations: [expect.objectContaining({ policy_id: "default-client-reg-003" })],
      });
    }
  });

  it("N is well when /health says ok", async () => {
    expect((await ask("GET /health")).json["status"]).toBe("ok");
  });

  it("O counts active policies by their status, and reads times that are numbers", async () => {
    const { list } = await ask("GET /api/v1/policies");
    expect(list.every(({ status }) => status === "active")).toBe(true);
  });

  it("P reads `version`, `valid`, `timestamp_readable`, and `field`, `expected`, `actual`", async () => {
    const { json } = await ask("GET /api/v1/policy_version");
    const version = json["version"] as number;
    const cached = async (ours: number) =>
      (await ask("POST /api/v1/policy_cache_check", { policy_version: ours })).json;
    expect(await cached(version)).toMatchObject({ valid: true, cache_valid: true });
    expect(await cached(version + 1)).toMatchObject({ valid: false, needs_refresh: true });
    const history = (await ask("GET /api/v1/policy_history?limit=1")).json["history"] as Json[];
    expect(history[0]).toMatchObject({ timestamp: isNumber, timestamp_readable: isText });
    const answer = await check("fl_client_training", CLIENT);
    const [policy] = answer["rule_evaluations"] as {
      rules_evaluated: { match_details: Json[] }[];
    }[];
    expect(policy?.rules_evaluated[0]?.match_details[0]).toMatchObject({
      ...{ field: "operation", expected: "model_training", actual: "NOT_FOUND" },
      ...{ condition_key: "operation", expected_value: "model_training", matched: false },
    });
  });
});
