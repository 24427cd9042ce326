import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { struct, type Message } from "../../support/grpc-client.js";
import {
  roundMessages,
  startTrustEngine,
  TRUST_POLICY_SET,
  type TrustEngine,
} from "../../support/trust-service.js";

const EVENTS = "flopynet.policy.v1.EventService/ListEvents";
const CHECK_POLICY = "flopynet.policy.v1.PolicyDecisionService/CheckPolicy";

/** `bad` is refused by the gate in each round, `good` never, and `half` in the last one. */
async function federate(engine: TrustEngine, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const updates = { bad: { alignment: -1 }, good: {}, c: {}, d: {} };
    const observations = roundMessages("run", round, updates);
    await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
  }
}

const eventsOf = async (engine: TrustEngine, ...types: string[]): Promise<Message[]> => {
  const answer = await engine.client.unary(EVENTS, {
    filter: { event_types: types },
    page_size: 1000,
  });
  return (answer["events"] ?? []) as Message[];
};
const detailsOf = (event: Message | undefined): unknown => event?.["details"];

describe("the documented sample policy, word for word", () => {
  let engine: TrustEngine;
  beforeAll(async () => {
    engine = await startTrustEngine();
    await federate(engine, 6);
  });
  afterAll(() => engine.stop());

  it("denies an excluded client: NOT_TRUSTED, with score, threshold and rule", async () => {
    const answer = await engine.check({ client_id: "bad" });
    expect(answer).toMatchObject({
      deny_kind: "DENY_KIND_NOT_TRUSTED",
      ...{ policy_id: "trust", rule_id: "0" },
      trust: { state: "TRUST_STATE_EXCLUDED" },
      determining_rules: [{ policy_id: "trust", action: "exclude_client" }],
    });
    expect(answer).not.toHaveProperty("allowed");
    expect(answer["reason"]).toMatch(
      /^the client is excluded: trust score 0\.160, threshold 0\.3, rule `0` \(exclude_client\) of policy `trust`$/,
    );
  });

  it("lets a trusted client through, with its trust and without an obligation", async () => {
    const answer = await engine.check({ client_id: "good" });
    expect(answer).toMatchObject({
      ...{ allowed: true, policy_id: "net", rule_id: "tcp" },
      trust: { state: "TRUST_STATE_ACTIVE", weight_multiplier: 1 },
    });
    expect(answer).not.toHaveProperty("parameters");
  });

  it("asks for half the weight of a client that nobody knows, and tells no trust of it", async () => {
    const answer = await engine.check({ client_id: "stranger" });
    expect(answer).toMatchObject({
      allowed: true,
      parameters: struct({ weight_multiplier: 0.5 }),
      obligations: [{ action: "weight_reduction", rule: { policy_id: "trust", rule_id: "1" } }],
    });
    expect(answer).not.toHaveProperty("trust");
  });

  it("does not weaken a denial of the network, and reports both", async () => {
    const answer = await engine.check({ client_id: "bad", dst_port: 23 });
    expect(answer).toMatchObject({
      ...{ deny_kind: "DENY_KIND_EXPLICIT", policy_id: "net", rule_id: "no-telnet" },
      determining_rules: [{ policy_id: "net" }, { policy_id: "trust" }],
      reason: expect.stringMatching(
        /^denied by rule `no-telnet`.*; besides, the client is/,
      ) as unknown,
    });
  });

  it("explains what the trust rules found, beside those of the network", async () => {
    const answer = await engine.check({ client_id: "bad", explain: true });
    expect(answer["explanation"]).toMatchObject({
      policies: [
        { policy_id: "net" },
        {
          ...{ policy_id: "trust", policy_type: "security", applicable: true },
          rules: [
            {
              outcome: "RULE_OUTCOME_APPLIED",
              condition: {
                text: "client.trust_score < 0.3",
                values: { fields: { "client.trust_score": expect.anything() as unknown } },
              },
            },
            { outcome: "RULE_OUTCOME_APPLIED" },
          ],
        },
      ],
    });
    expect(await engine.check({ explain: true })).toMatchObject({
      explanation: { policies: [{ policy_id: "net" }] },
    });
  });

  it("asks no trust rule where no client is named", async () => {
    const answer = await engine.check({});
    expect(answer["allowed"]).toBe(true);
    expect(answer).not.toHaveProperty("obligations");
  });

  it("answers the items of a batch alike", async () => {
    const method = "flopynet.policy.v1.PolicyDecisionService/BatchCheckConnections";
    const items = ["bad", "good"].map((client_id) => ({ client_id, protocol: "tcp" }));
    expect(await engine.client.unary(method, { items })).toMatchObject({
      results: [{ deny_kind: "DENY_KIND_NOT_TRUSTED" }, { allowed: true }],
    });
  });

  it("tells of each change of state with before, after and cause", async () => {
    const [first] = (await eventsOf(engine, "TRUST_CHANGED")).filter(
      ({ client_id }) => client_id === "bad",
    );
    expect(first).toMatchObject({ severity: "EVENT_SEVERITY_WARNING", client_id: "bad" });
    expect(detailsOf(first)).toMatchObject({
      fields: {
        ...(struct({ before: "PROBATION", after: "EXCLUDED", cause: "ROUND_CLOSED" })[
          "fields"
        ] as object),
        ...(struct({ run_id: "run", round: 3, client_id: "bad" })["fields"] as object),
      },
    });
  });

  it("writes one line per evaluated round, which the documented grep finds", () => {
    const lines = engine.logLines.filter((line) => line.includes("trust_calculation"));
    expect(lines).toHaveLength(6);
    expect(lines[2]).toContain('"run_id":"run","round":3,"selected":4');
    expect(lines[2]).toContain('"EXCLUDED":1');
  });
});

describe("what is known of a client, in the conditions of any policy type", () => {
  let engine: TrustEngine;
  const rule = (id: string, condition: string) => ({
    id,
    action: "configure",
    match: { condition, ask: id },
    parameters: { [id]: true },
  });
  const CONDITIONS: Readonly<Record<string, string>> = {
    score: "client.trust_score < 0.3",
    lower: "client.trust_lower < 0.1",
    upper: "client.trust_upper < 0.3",
    state: "client.trust_state == 'EXCLUDED'",
    rounds: "client.rounds_observed == 6",
    change: "trust_score_change < 0",
    exclusions: "client.exclusions == 1",
    factor: "client.factors.update_quality < 0.2",
    factor_upper: "client.factors.update_quality.upper < 0.3",
  };
  beforeAll(async () => {
    engine = await startTrustEngine(
      {},
      {
        ...TRUST_POLICY_SET,
        policies: {
          ...TRUST_POLICY_SET.policies,
          any: {
            name: "any",
            type: "fl_client_training",
            rules: Object.entries(CONDITIONS).map(([id, condition]) => rule(id, condition)),
          },
        },
      },
    );
    await federate(engine, 6);
  });
  afterAll(() => engine.stop());
  const ask = (context: Readonly<Record<string, unknown>>): Promise<Message> =>
    engine.client.unary(CHECK_POLICY, {
      policy_type: "fl_client_training",
      context: struct(context),
    });

  it.each(Object.keys(CONDITIONS))("%s", async (id) => {
    expect(await ask({ client_id: "bad", ask: id })).toMatchObject({
      parameters: struct({ [id]: true }),
    });
    expect(await ask({ client_id: "good", ask: id })).not.toHaveProperty("erroring_rules");
  });

  it.each<[says: string, vouch: Readonly<Record<string, unknown>>]>([
    ["nested", { client: { trust_score: 0.9, device: "phone" } }],
    ["flat", { "client.trust_score": 0.9 }],
    ["with the client's number as a number", { client_id: 7, client: { trust_score: 0.1 } }],
  ])("the caller cannot say otherwise: %s", async (_says, vouch) => {
    const answer = await ask({ client_id: "bad", ...vouch, ask: "score" });
    const isBad = !("client_id" in vouch);
    expect("parameters" in answer).toBe(isBad);
  });

  it("without a client the caller's own values count, and none is missing but theirs", async () => {
    expect(await ask({ client: { trust_score: 0.1 }, ask: "score" })).toHaveProperty("parameters");
    expect(await ask({ ask: "score" })).toMatchObject({
      erroring_rules: [{ missing_attributes: ["client.trust_score"] }],
    });
  });

  it("a client that nobody knows has the prior: nothing is missing", async () => {
    const answer = await ask({ client_id: "stranger", ask: "score" });
    expect(answer).toMatchObject({ allowed: true });
    expect(answer).not.toHaveProperty("erroring_rules");
  });
});

describe("other trust rules", () => {
  it("answer each request by their own result, and an error denies", async () => {
    const policies = {
      ...TRUST_POLICY_SET.policies,
      strict: {
        name: "strict",
        type: "trust_reputation",
        rules: [
          {
            id: "probation-port",
            action: "deny",
            match: { dst_port: 9000 },
            condition: "client.rounds_observed < 5",
          },
          {
            id: "weigh",
            action: "weight_reduction",
            match: { dst_port: 9001 },
            parameters: { weight_multiplier: 0.25 },
          },
          {
            id: "erring",
            action: "exclude_client",
            match: { dst_port: 9002 },
            condition: "strikes > 3",
          },
        ],
      },
    };
    const engine = await startTrustEngine({}, { version: 2, policies });
    try {
      await federate(engine, 6);
      const check = (client_id: string, dst_port: number) => engine.check({ client_id, dst_port });
      expect(await check("good", 9000)).toMatchObject({ allowed: true });
      expect(await check("stranger", 9000)).toMatchObject({
        ...{ deny_kind: "DENY_KIND_NOT_TRUSTED", policy_id: "strict", rule_id: "probation-port" },
      });
      expect(await check("good", 9001)).toMatchObject({
        ...{ allowed: true, parameters: struct({ weight_multiplier: 0.25 }) },
      });
      expect(await check("good", 9002)).toMatchObject({
        ...{ deny_kind: "DENY_KIND_ERROR", rule_id: "erring" },
        erroring_rules: [{ missing_attributes: ["strikes"] }],
      });
    } finally {
      await engine.stop();
    }
  });

  it("without any, states are shown and nothing is enforced", async () => {
    const { net } = TRUST_POLICY_SET.policies;
    const engine = await startTrustEngine({}, { version: 2, policies: { net } });
    try {
      await federate(engine, 4);
      expect(await engine.ask("EvaluateTrust", { client_id: "bad" })).toMatchObject({
        state: "TRUST_STATE_EXCLUDED",
      });
      expect(await engine.check({ client_id: "bad" })).toMatchObject({
        ...{ allowed: true, trust: { state: "TRUST_STATE_EXCLUDED" } },
      });
    } finally {
      await engine.stop();
    }
  });

  it("with the model seed-literal-1 the rules answer by their own result", async () => {
    const engine = await startTrustEngine({ TRUST_MODEL: "seed-literal-1" });
    try {
      await federate(engine, 6);
      const trust = await engine.ask("EvaluateTrust", { client_id: "bad" });
      expect(trust).toMatchObject({ trust_model: "seed-literal-1" });
      expect(Number(trust["trust_score"])).toBeGreaterThan(0.5);
      expect(await engine.check({ client_id: "bad" })).toMatchObject({ allowed: true });
    } finally {
      await engine.stop();
    }
  });
});
