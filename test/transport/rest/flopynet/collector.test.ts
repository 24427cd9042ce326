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

describe("the collector", () => {
  it("C stores /metrics, and goes on from the newest decision's time", async () => {
    await check("fl_client_training", CLIENT);
    expect((await ask("GET /metrics")).json).toMatchObject({ policy_checks_total: isNumber });
    const first = await ask("GET /api/v1/policy_decisions?start_time=0&limit=1000");
    const times = first.list.map(({ timestamp }) => timestamp as number);
    expect(times.length).toBeGreaterThan(0);
    const newest = Math.max(...times);
    expect(newest).toBeGreaterThan(Date.now() / 1000 - 3600);
    await check("fl_client_training", CLIENT);
    const next = await ask(`GET /api/v1/policy_decisions?start_time=${newest + 0.001}&limit=1000`);
    expect(next.list.filter(({ timestamp }) => (timestamp as number) <= newest)).toEqual([]);
    const again = await ask(`GET /api/v1/policy_decisions?start_time=${newest}&limit=1000`);
    expect(again.list.map(({ timestamp }) => timestamp)).toContain(newest);
  });

  it("C reads points of the charts", async () => {
    await check("fl_client_training", CLIENT);
    const now = Date.now() / 1000;
    const path = `GET /api/v1/policy_metrics?start_time=${now - 3600}&end_time=${now + 60}`;
    const [point] = (await ask(path)).json["metrics"] as Json[];
    expect(point).toMatchObject({
      ...{ timestamp: isNumber, iso_time: isText, allowed_count: isNumber, denied_count: isNumber },
      ...{ total_evaluations: isNumber, denial_rate: isNumber, success_rate: isNumber },
      ...{ avg_evaluation_time_ms: isNumber, unique_requesters: isNumber },
      policies_active: 20,
    });
  });

  it("D follows events by their id, each once", async () => {
    const first = (await ask("GET /events")).json;
    await check("fl_client_training", CLIENT);
    const next = (await ask(`GET /events?since_event_id=${String(first["last_event_id"])}`)).json;
    const [event, ...more] = next["events"] as Json[];
    expect([event?.["event_type"], more]).toEqual(["POLICY_APPLIED", []]);
    expect(event).toMatchObject({
      ...{ source_component: "POLICY_ENGINE", type: "POLICY_APPLIED", level: "INFO" },
      ...{ event_id: next["last_event_id"], timestamp: expect.stringContaining("T") as string },
      details: { allowed: true },
    });
  });

  it("E may collect, and not when a policy says otherwise", async () => {
    const path = "GET /check?component=collector&action=collect_metrics";
    expect((await ask(path)).json).toMatchObject({ allowed: true, reason: isText });
    await ask("POST /api/v1/policies", {
      type: "component_action",
      data: { id: "no-metrics", rules: [{ action: "deny", match: { action: "collect_metrics" } }] },
    });
    expect((await ask(path)).json).toMatchObject({ allowed: false });
    expect((await ask("GET /check?component=collector&action=other")).json).toMatchObject({
      allowed: true,
    });
    await ask("DELETE /api/v1/policies/no-metrics");
  });

  it("F passes the query of its own caller on", async () => {
    const { status, list } = await ask("GET /api/v1/policy_decisions?limit=2&component=fl-client");
    expect([status, list.length]).toEqual([200, 2]);
  });

  it("I asks POST /check for the training's parameters", async () => {
    const context = { server_id: "collector", operation: "training_configuration" };
    expect(await check("fl_training_parameters", context, "/check")).toMatchObject({
      ...{ allowed: true, decision: "allow", parameters: { total_rounds: isNumber } },
    });
  });
});
