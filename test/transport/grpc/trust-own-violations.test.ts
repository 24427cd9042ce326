import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { struct, type Message } from "../../support/grpc-client.js";
import {
  roundMessages,
  startTrustEngine,
  TRUST_POLICY_SET,
  type TrustEngine,
} from "../../support/trust-service.js";

const CHECK_POLICY = "flopynet.policy.v1.PolicyDecisionService/CheckPolicy";

describe("the engine's own denials", () => {
  const asks = async (engine: TrustEngine): Promise<number> => {
    const observations = roundMessages("run", 1, { a: {}, b: {}, c: {} });
    const close = observations.pop() ?? {};
    await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
    for (let time = 0; time < 3; time += 1) await engine.check({ client_id: "a", dst_port: 23 });
    await engine.ask("ReportObservations", { observations: [close], reporter: "fl-server" });
    return Number((await engine.ask("EvaluateTrust", { client_id: "a" }))["trust_score"]);
  };

  it("are no evidence by default, and once per round with TRUST_OWN_VIOLATIONS=1", async () => {
    const [plain, own] = await Promise.all([
      startTrustEngine(),
      startTrustEngine({ TRUST_OWN_VIOLATIONS: "1" }),
    ]);
    try {
      const without = await asks(plain);
      const score = await asks(own);
      expect(without).toBeCloseTo(0.6, 10);
      expect(score).toBeLessThan(without - 0.03);
      const { data_sources } = await own.ask("ListTrustDataSources");
      expect(data_sources).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ reporter: "POLICY_ENGINE", observations: { violation: "1" } }),
        ]),
      );
      expect((await own.ask("RecalculateTrust"))["differences"] ?? 0).toBe(0);
    } finally {
      await Promise.all([plain.stop(), own.stop()]);
    }
  });
});

describe("with TRUST_OWN_VIOLATIONS=1, of a client that is EXCLUDED", () => {
  const { net, trust } = TRUST_POLICY_SET.policies;
  const severe = (type: string, ...rules: object[]) => ({
    ...{ name: type, type, rules: rules.map((rule) => ({ severity: "critical", ...rule })) },
  });
  const policies = {
    net: { ...net, rules: [{ action: "deny", match: { dst_port: 22 } }, ...net.rules] },
    trust,
    reputation: severe("trust_reputation", { action: "deny", match: { ask: "reputation" } }),
    training: severe(
      "fl_client_training",
      { action: "deny", match: { ask: "trust" }, condition: "client.trust_score < 0.3" },
      { action: "deny", match: { ask: "state", "client.trust_state": "EXCLUDED" } },
      { action: "deny", match: { ask: "plain" } },
    ),
  };
  /** One client each, so that what it is found guilty of came from one question. */
  const CLIENTS = ["net", "own", "security", "reputation", "trust", "state", "plain"];
  const honest = { h1: {}, h2: {}, h3: {}, h4: {}, h5: {}, h6: {}, h7: {} };
  const updates = Object.fromEntries(CLIENTS.map((id) => [id, { alignment: -1 }]));
  let engine: TrustEngine;
  beforeAll(async () => {
    engine = await startTrustEngine({ TRUST_OWN_VIOLATIONS: "1" }, { version: 2, policies });
    for (let round = 1; round <= 4; round += 1) {
      const observations = roundMessages("run", round, { ...updates, ...honest });
      await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
    }
    const [opened = {}] = roundMessages("run", 5, { ...updates, ...honest });
    await engine.ask("ReportObservations", { observations: [opened], reporter: "fl-server" });
  });
  afterAll(() => engine.stop());

  const policy = (policy_type: string) => (client_id: string) =>
    engine.client.unary(CHECK_POLICY, {
      policy_type,
      context: struct({ client_id, ask: client_id }),
    });
  const connection = (dst_port: number) => (client_id: string) =>
    engine.check({ client_id, dst_port });

  let known = 0;
  const violationsOfTheEngine = async (): Promise<number> => {
    const { data_sources } = await engine.ask("ListTrustDataSources");
    const sources = data_sources as { reporter: string; observations: { violation?: string } }[];
    const own = sources.find(({ reporter }) => reporter === "POLICY_ENGINE");
    return Number(own?.observations.violation ?? 0);
  };

  // prettier-ignore
  it.each<[says: string, client: string, ask: (client: string) => Promise<Message>, violations: number]>([
    ["no violation: a denial by the network without severity, beside that by trust", "net", connection(22), 0],
    ["no violation: a denial by trust in CheckPolicy", "security", policy("security"), 0],
    ["no violation: a question about its reputation", "reputation", policy("trust_reputation"), 0],
    ["no violation: a rule of another type whose condition reads its score", "trust", policy("fl_client_training"), 0],
    ["no violation: a rule of another type whose match reads its state", "state", policy("fl_client_training"), 0],
    ["a violation: a rule of another type that asks nothing of its trust", "plain", policy("fl_client_training"), 1],
    ["a violation: a denial by the network with a severity", "own", connection(23), 1],
  ])("%s", async (_says, client_id, ask, violations) => {
    expect(await ask(client_id)).toMatchObject({ deny_kind: "DENY_KIND_EXPLICIT" });
    const before = known;
    // What was asked before is stored before: reports run one after the other.
    const other = { run_id: "run", round: 5, violation: { client_id: "h1", severity: "VIOLATION_SEVERITY_LOW" } };
    await engine.ask("ReportObservations", { observations: [other], reporter: client_id });
    known = await violationsOfTheEngine();
    expect(known - before).toBe(violations);
  });
});
