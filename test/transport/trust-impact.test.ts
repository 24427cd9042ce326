import { expect, it } from "vitest";
import { struct } from "../support/grpc-client.js";
import { roundMessages, startTrustEngine } from "../support/trust-service.js";
import { waitFor } from "../support/wait-for.js";

const IMPACT = "flopynet.policy.v1.PolicyAdminService/AnalyzePolicyImpact";

it("a change of trust rules is tried on recorded connections, with the trust that clients had then", async () => {
  const engine = await startTrustEngine();
  try {
    for (let round = 1; round <= 3; round += 1) {
      const updates = { bad: { alignment: -1 }, good: {}, c: {}, d: {} };
      const observations = roundMessages("run", round, updates);
      await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
    }
    await engine.check({ client_id: "bad" });
    await engine.check({ client_id: "good" });
    await engine.check({});
    const impact = (request: object) => engine.client.unary(IMPACT, { ...request });
    await waitFor("recorded", async () => (await impact({}))["decided"] === 3);
    expect((await impact({}))["flipped"] ?? 0).toBe(0);
    expect(await impact({ delete_policy_ids: ["trust"] })).toMatchObject({
      ...{ decided: 3, flipped: 1 },
      groups: [{ from: "ANSWER_KIND_DENIED_NOT_TRUSTED", to: "ANSWER_KIND_ALLOWED", count: 1 }],
    });
    const strict = {
      id: "strict",
      name: "strict",
      type: "trust_reputation",
      rules: [
        {
          id: "score",
          action: "deny",
          match: struct({ protocol: "tcp" }),
          condition: "client.trust_score < 0.9",
        },
      ],
    };
    expect(await impact({ policies: [strict] })).toMatchObject({
      ...{ decided: 3, flipped: 1 },
      groups: [
        {
          rule: { policy_id: "strict", rule_id: "score" },
          ...{ from: "ANSWER_KIND_ALLOWED", to: "ANSWER_KIND_DENIED_NOT_TRUSTED", count: 1 },
        },
      ],
    });
  } finally {
    await engine.stop();
  }
});
