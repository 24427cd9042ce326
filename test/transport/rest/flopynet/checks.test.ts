import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJson, type Json } from "../../../support/rest.js";
import { startTestEngine, type TestEngine } from "../../../support/start-engine.js";

const POLICIES = {
  net: {
    ...{ type: "network_security", name: "Net", priority: 7 },
    rules: [
      { id: "web", action: "allow", description: "web", match: { protocol: "tcp", dst_port: 80 } },
      { id: "rest", action: "deny", description: "the rest", match: { protocol: "tcp" } },
    ],
  },
  training: {
    ...{ type: "training", name: "Training", priority: 3 },
    rules: [
      { id: "ok", action: "allow", match: { operation: "train" } },
      { id: "busy", action: "deny", description: "too busy", condition: "load > 0.8" },
      { id: "rate", action: "configure", match: { operation: "train" }, parameters: { rate: 2 } },
    ],
  },
};

const check = (engine: TestEngine, policyType: string, context: object) =>
  askJson(engine, "POST /api/v1/check", { policy_type: policyType, context });

describe("an answer in the original's shape", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine({ policies: { policies: POLICIES } });
  });
  afterAll(() => engine.stop());

  it("tells every rule, those that applied, and the way to the decision", async () => {
    const { json } = await check(engine, "training", { operation: "train", load: 0.9 });
    expect(json).toMatchObject({
      ...{ allowed: false, decision: "deny", action: "deny", deny_kind: "EXPLICIT" },
      ...{ policy_id: "training", rule_id: "busy", policies_checked: 1 },
      parameters: { rate: 2 },
      decision_path: [
        "policy:training:rule:0:allow",
        "policy:training:rule:1:deny",
        "policy:training:rule:2:configure",
      ],
      violations: [
        {
          ...{ policy_id: "training", policy_name: "Training", rule_index: 1, rule_type: "deny" },
          ...{ action: "deny", reason: "too busy", details: ["deny", "too busy"], parameters: {} },
          match_details: [
            {
              ...{ condition_key: "condition", expected_value: "load > 0.8", matched: true },
              ...{ field: "condition", actual: { load: 0.9 }, actual_value: { load: 0.9 } },
            },
          ],
        },
      ],
      applied_actions: [
        { action: "allow", rule_index: 0 },
        { action: "deny", rule_index: 1 },
        { action: "configure", rule_index: 2, parameters: { rate: 2 } },
      ],
      rule_evaluations: [
        {
          ...{ policy_id: "training", policy_type: "training", priority: 3, result: "deny" },
          ...{ matched_rules: 3, actions_applied: ["allow", "deny", "configure"] },
        },
      ],
      evaluation_details: {
        ...{ total_policies: 1, matched_policies: 1, evaluated_rules: 3, matched_rules: 3 },
        policy_priorities: [3],
      },
    });
  });

  it("tells why a rule did not apply, was not reached, or could not be evaluated", async () => {
    const reasons = async (type: string, context: object) => {
      const { json } = await check(engine, type, context);
      const [policy] = json["rule_evaluations"] as { rules_evaluated: Json[] }[];
      return policy?.rules_evaluated.map(({ outcome, reason }) => [outcome, reason]);
    };
    expect(await reasons("network_security", { protocol: "tcp", dst_port: 80 })).toEqual([
      ["applied", "applied"],
      ["not_reached", "not reached: an earlier rule decided"],
    ]);
    expect(await reasons("training", { operation: "x" })).toEqual([
      ["not_applicable", 'operation: "x" is not "train"'],
      ["error", expect.stringContaining("load")],
      ["not_applicable", 'operation: "x" is not "train"'],
    ]);
    const { json } = await check(engine, "training", { operation: "x" });
    expect(json["erroring_rules"]).toEqual([
      expect.objectContaining({ rule_id: "busy", missing_attributes: ["load"] }),
    ]);
  });

  it("an allowed answer has no violations, and no parameters when there are none", async () => {
    const { json } = await check(engine, "network_security", { protocol: "tcp", dst_port: 80 });
    expect(json["allowed"]).toBe(true);
    expect(Object.keys(json)).not.toContain("violations");
    expect(Object.keys(json)).not.toContain("parameters");
  });

  it.each(["ascii", "déjà vu", "\u4f60\u597d", "\ud83d\ude00", 'a "quoted" \\ one\n'])(
    "repeats text as it was given: %j",
    async (operation) => {
      const { json } = await check(engine, "training", { operation });
      const [policy] = json["rule_evaluations"] as { rules_evaluated: Json[] }[];
      expect(policy?.rules_evaluated[0]).toMatchObject({
        match_details: [{ actual: operation, actual_value: operation, expected: "train" }],
      });
    },
  );

  it("of a type that no policy has, says so", async () => {
    const { json } = await check(engine, "nobody", {});
    expect(json).toMatchObject({ allowed: true, decision_path: ["no_policies_found"] });
  });

  it("`port` of a connection is dst_port, unless that is given", async () => {
    const allowed = async (context: object) =>
      (await check(engine, "network_security", { protocol: "tcp", ...context })).json["allowed"];
    expect(await allowed({ port: 80 })).toBe(true);
    expect(await allowed({ port: 22 })).toBe(false);
    expect(await allowed({ port: 80, dst_port: 22 })).toBe(false);
  });

  it("echoes the request id of the body, or of the context", async () => {
    const body = { policy_type: "training", context: { request_id: "inner" } };
    const id = async (more: object) =>
      (await askJson(engine, "POST /api/v1/check", { ...body, ...more })).json["request_id"];
    expect([await id({}), await id({ request_id: "outer" })]).toEqual(["inner", "outer"]);
  });

  // prettier-ignore
  it.each<[says: string, body: object, error: string]>([
    ["no policy type",           { context: {} },                                       "policy_type is missing: it is text"],
    ["an empty policy type",     { policy_type: "" },                                   "policy_type is missing: it is text"],
    ["a number as policy type",  { policy_type: 7 },                                    "policy_type must be text"],
    ["null as context",          { policy_type: "t", context: null },                   "context must be an object"],
    ["a list as context",        { policy_type: "t", context: [] },                     "context must be an object"],
    ["text as context",          { policy_type: "t", context: "x" },                    "context must be an object"],
  ])("a body with %s is no check: 400", async (_says, body, error) => {
    for (const path of ["/api/v1/check", "/api/check_policy", "/check", "/evaluate"]) {
      const answer = await askJson(engine, `POST ${path}`, body);
      expect([answer.status, answer.json]).toEqual([400, { error }]);
    }
  });

  // prettier-ignore
  it.each<[says: string, type: string, context: object, reason: string]>([
    ["a port that is none",       "network_security", { dst_port: 70_000 },                                    "context.dst_port must be"],
    ["an address that is none",   "network_security", { src_ip: "999.1.1.1" },                                 "context.src_ip must be"],
    ["too many attributes",       "training",         Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n])), "context"],
    ["a policy type without end", "x".repeat(300),    {},                                                      "policy_type must have"],
    ["an attribute too deep",     "training",         { a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } }, "context"],
  ])("a check with %s is denied with 200, and says why", async (_says, type, context, reason) => {
    const { status, json } = await check(engine, type, context);
    expect(json).toMatchObject({
      ...{ allowed: false, decision: "deny", deny_kind: "INVALID_REQUEST", violations: [] },
      reason: expect.stringContaining(reason) as string,
    });
    expect(status).toBe(200);
  });

  it("a batch answers each check in its order", async () => {
    const item = (policy_type: string, context: object) => ({ policy_type, context });
    const { json } = await askJson(engine, "POST /policies/evaluate/batch", {
      evaluations: [
        item("network_security", { protocol: "tcp", dst_port: 80 }),
        item("network_security", { dst_port: 0 }),
        item("training", { load: 1 }),
      ],
    });
    const results = json["results"] as Json[];
    expect(results.map(({ allowed }) => allowed)).toEqual([true, false, false]);
    expect(json["total"]).toBe(3);
  });

  it("a batch is decided by one policy set, whatever changes meanwhile", async () => {
    const evaluations = Array.from({ length: 100 }, () => ({ policy_type: "training" }));
    for (let priority = 1; priority <= 10; priority++) {
      const [batch] = await Promise.all([
        askJson(engine, "POST /policies/evaluate/batch", { evaluations }),
        askJson(engine, "PUT /api/v1/policies/net", { priority }),
      ]);
      const results = batch.json["results"] as Json[];
      expect(new Set(results.map((one) => one["policy_version"])).size).toBe(1);
      expect(results).toHaveLength(100);
    }
  });

  it("a batch with an item that is no check decides none", async () => {
    const total = async () =>
      (await askJson(engine, "GET /v1/decisionStatistics")).json["decided"] ?? "0";
    const before = await total();
    const evaluations = [{ policy_type: "training" }, { context: {} }];
    const { status, json } = await askJson(engine, "POST /policies/evaluate/batch", {
      evaluations,
    });
    expect([status, json]).toEqual([
      400,
      { error: "evaluations[1].policy_type is missing: it is text" },
    ]);
    expect(await total()).toBe(before);
  });

  it.each([[[]], [Array.from({ length: 101 }, () => ({ policy_type: "t" }))]])(
    "a batch of none or too many is refused",
    async (evaluations) => {
      const answer = await askJson(engine, "POST /policies/evaluate/batch", { evaluations });
      expect(answer.json["error"]).toBe("evaluations must have from 1 to 100 items");
      expect(answer.status).toBe(400);
    },
  );

  it("a client is eligible as the policies of fl_client_selection say", async () => {
    const rules = [{ action: "deny", match: { client_id: "bad" } }];
    await askJson(engine, "POST /policies", { id: "sel", type: "fl_client_selection", rules });
    const eligible = async (client: string) =>
      (await askJson(engine, "POST /check/client_eligibility", { client_id: client })).json;
    expect(await eligible("good")).toMatchObject({ eligible: true, allowed: true });
    expect(await eligible("bad")).toMatchObject({ eligible: false, allowed: false });
  });
});

describe("without a good policy set", () => {
  // prettier-ignore
  it("every check is denied with 200, because clients read any other status as permission", async () => {
    const engine = await startTestEngine({ policies: "{ broken" });
    try {
      const bodies: Record<string, object> = {
        "/api/v1/check": { policy_type: "t" },
        "/api/check_policy": { type: "t" },
        "/check": { policy_type: "t" },
        "/evaluate": { policy_type: "t" },
        "/check/client_eligibility": { client_id: "c" },
        "/api/authorize_flow": { src_ip: "10.0.0.1" },
      };
      for (const [path, body] of Object.entries(bodies)) {
        const { status, json } = await askJson(engine, `POST ${path}`, body);
        expect([path, status, json["allowed"]]).toEqual([path, 200, false]);
        expect(json["reason"]).toContain("no policy set is active");
      }
      const { status, json } = await askJson(engine, "GET /check?component=collector");
      expect([status, json["allowed"]]).toEqual([200, false]);
    } finally {
      await engine.stop();
    }
  });
});
