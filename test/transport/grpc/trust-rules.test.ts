import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { struct, type Message } from "../../support/grpc-client.js";
import {
  roundMessages,
  startTrustEngine,
  TRUST_POLICY_SET,
  type TrustEngine,
} from "../../support/trust-service.js";

const CHECK_POLICY = "flopynet.policy.v1.PolicyDecisionService/CheckPolicy";

/** `good` becomes ACTIVE, `bad` EXCLUDED. */
async function federated(rules: readonly object[], more: object = {}): Promise<TrustEngine> {
  const { net } = TRUST_POLICY_SET.policies;
  const trust = { name: "trust", type: "trust_reputation", rules, ...more };
  const engine = await startTrustEngine({}, { version: 2, policies: { net, trust } });
  for (let round = 1; round <= 6; round += 1) {
    const updates = { bad: { alignment: -1 }, good: {}, c: {}, d: {} };
    const observations = roundMessages("run", round, updates);
    await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
  }
  return engine;
}

describe("a trust rule that drives states and cannot be evaluated", () => {
  const erring = (condition: string, action = "exclude_client") => ({
    id: "erring",
    ...{ action, condition },
  });
  const EXCLUDE = {
    ...{ id: "exclude", action: "exclude_client", condition: "client.trust_score < 0.3" },
  };
  const ERRED = {
    ...{ deny_kind: "DENY_KIND_ERROR", policy_id: "trust", rule_id: "erring" },
    determining_rules: [{ rule_id: "erring" }],
    erroring_rules: [{ rule: { rule_id: "erring" } }],
  };

  // prettier-ignore
  it.each<[says: string, condition: string, missing: string[]]>([
    ["a factor that does not exist", "client.factors.nonexistent < 0.3", ["client.factors.nonexistent"]],
    ["a name that the engine does not know", "client.trust_scor < 0.3", ["client.trust_scor"]],
    ["a text in an order", "client.trust_state < 0.3", []],
    ["a division by zero", "1 / client.exclusions > 3", []],
  ])("denies, and is reported: %s", async (_says, condition, missing) => {
    const engine = await federated([erring(condition)]);
    try {
      for (const client_id of ["good", "stranger", "good"]) {
        const answer = await engine.check({ client_id });
        expect(answer).toMatchObject(ERRED);
        expect(answer["erroring_rules"]).toMatchObject([
          missing.length > 0 ? { missing_attributes: missing } : {},
        ]);
        expect(answer["reason"]).toMatch(
          /^denied because rule `erring` \(exclude_client\) of policy `trust` could not be evaluated for the client: ./,
        );
      }
      expect(await engine.check({})).toMatchObject({ allowed: true });
    } finally {
      await engine.stop();
    }
  });

  it("only while it errs: by what is known of the client now", async () => {
    const engine = await federated([EXCLUDE, erring("1 / client.exclusions > 3")]);
    try {
      expect(await engine.check({ client_id: "good" })).toMatchObject(ERRED);
      const answer = await engine.check({ client_id: "bad" });
      expect(answer).toMatchObject({ deny_kind: "DENY_KIND_NOT_TRUSTED" });
      expect(answer).not.toHaveProperty("erroring_rules");
    } finally {
      await engine.stop();
    }
  });

  it("of which the caller may send the name: by each request", async () => {
    const engine = await federated([erring("client.device == 'rooted' && 1 / 0 > 1")]);
    try {
      const check = (device: string) =>
        engine.check({ client_id: "good", context: struct({ client: { device } }) });
      expect(await check("phone")).toMatchObject({ allowed: true });
      expect(await check("rooted")).toMatchObject(ERRED);
      expect(await engine.check({ client_id: "good" })).toMatchObject(ERRED);
      expect(await check("phone")).toMatchObject({ allowed: true });
    } finally {
      await engine.stop();
    }
  });

  it.each<[says: string, rule: object, more: object]>([
    ["that only weighs", erring("client.factors.x < 1", "weight_reduction"), {}],
    ["of a policy that skips errors", erring("client.factors.x < 1"), { on_error: "SKIP" }],
  ])("is reported, and denies nothing: one %s", async (_says, rule, more) => {
    const engine = await federated([rule], more);
    try {
      expect(await engine.check({ client_id: "good" })).toMatchObject({
        ...{ allowed: true, erroring_rules: [{ rule: { rule_id: "erring" } }] },
      });
    } finally {
      await engine.stop();
    }
  });

  it("is reported beside the exclusion by another, in the order of the rules", async () => {
    const asked = { id: "asked", action: "deny", match: { dst_port: 9000 } };
    const engine = await federated([
      { ...asked, condition: "strikes > 3 && client.trust_score < 1" },
      EXCLUDE,
      erring("client.factors.x < 1"),
    ]);
    try {
      expect(await engine.check({ client_id: "bad", dst_port: 9000 })).toMatchObject({
        ...{ deny_kind: "DENY_KIND_NOT_TRUSTED", determining_rules: [{ rule_id: "exclude" }] },
        erroring_rules: [{ rule: { rule_id: "asked" } }, { rule: { rule_id: "erring" } }],
      });
      expect(await engine.check({ client_id: "good", dst_port: 9000 })).toMatchObject({
        ...{ deny_kind: "DENY_KIND_ERROR", rule_id: "asked" },
        determining_rules: [{ rule_id: "asked" }, { rule_id: "erring" }],
      });
    } finally {
      await engine.stop();
    }
  });
});

describe("the clock of the engine, and an id that is none", () => {
  let engine: TrustEngine;
  beforeAll(async () => {
    engine = await federated([
      { id: "clock", action: "deny", condition: "client.trust_score < 2 && engine.hour >= 0" },
      {
        ...{ id: "zone", action: "weight_reduction", match: { "engine.zone": "x" } },
        parameters: { weight_multiplier: 0.25 },
      },
      {
        ...{ id: "listed", action: "deny", match: { client_id: "bad" } },
        condition: "client.trust_score < 0.3",
      },
    ]);
  });
  afterAll(() => engine.stop());

  it.each<[says: string, context: object]>([
    ["without a context", {}],
    ["whatever engine the caller sends", { engine: { hour: -1, zone: "x" }, "engine.zone": "x" }],
  ])("EvaluateTrust reads the engine's own attributes, %s", async (_says, context) => {
    const question = { client_id: "good", context: struct(context as Record<string, unknown>) };
    const { matched_rules } = await engine.ask("EvaluateTrust", question);
    expect(matched_rules).toMatchObject([{ rule: { rule_id: "clock" } }]);
  });

  const VOUCHED = { client: { trust_score: 0.9, device: "phone" }, "client.trust_score": 0.9 };
  it.each<[says: string, client_id: unknown]>([
    ["a list", ["bad"]],
    ["a number that no text equals", 1e21],
    ["a map", { id: "bad" }],
    ["true", true],
  ])(
    "where the id is %s nobody can say how far the client is trusted",
    async (_says, client_id) => {
      const answer: Message = await engine.client.unary(CHECK_POLICY, {
        policy_type: "trust_reputation",
        context: struct({ client_id, ...VOUCHED }),
      });
      expect(answer).toMatchObject({ deny_kind: "DENY_KIND_ERROR" });
      expect(answer["erroring_rules"]).toContainEqual(
        expect.objectContaining({ missing_attributes: ["client.trust_score"] }),
      );
    },
  );
});

it("in PROBATION the weight of a rule that holds counts where it is less than that of newcomers", async () => {
  const engine = await federated([
    {
      ...{ id: "weigh", action: "weight_reduction", condition: "client.trust_score < 0.6" },
      parameters: { weight_multiplier: 0.25 },
    },
  ]);
  try {
    const parameters = struct({ weight_multiplier: 0.25 });
    expect(await engine.check({ client_id: "stranger" })).toMatchObject({
      ...{ allowed: true, parameters },
    });
    expect(await engine.ask("EvaluateTrust", { client_id: "stranger" })).toMatchObject({
      ...{ state: "TRUST_STATE_PROBATION", weight_multiplier: 0.25 },
    });
  } finally {
    await engine.stop();
  }
});
