import { expect, it } from "vitest";
import { askJson } from "../../../support/rest.js";
import { startTestEngine } from "../../../support/start-engine.js";

// The policies that FLOPY-NET's documentation shows, as a policy file.
const NETWORK = {
  id: "default-net-sec-001",
  name: "base_network_security",
  type: "network_security",
  description: "Base network security policy allowing essential FL system communication",
  priority: 100,
  rules: [
    {
      action: "allow",
      description: "Allow FL clients to connect to FL server",
      match: { protocol: "tcp", src_type: "fl-client", dst_type: "fl-server", dst_port: 8080 },
    },
    {
      action: "allow",
      description: "Allow metrics reporting to collector",
      match: { protocol: "tcp", dst_type: "collector", dst_port: 8000 },
    },
  ],
};
const PERFORMANCE = {
  id: "fl-perf-001",
  name: "client_participation_monitor",
  type: "fl_performance",
  priority: 80,
  rules: [
    {
      action: "monitor",
      description: "Track client round participation",
      match: { component_type: "fl-client", event_type: "round_participation" },
    },
  ],
};
const TRUST = {
  id: "trust-001",
  name: "client_trust_evaluation",
  type: "trust_reputation",
  priority: 90,
  rules: [
    {
      action: "evaluate_trust",
      match: { component_type: "fl-client", metric_type: "model_contribution" },
    },
  ],
};
const PARTICIPATION = {
  name: "trust_based_participation",
  type: "security",
  rules: [
    { condition: "client.trust_score < 0.3", action: "exclude_client", severity: "high" },
    {
      condition: "client.trust_score < 0.6",
      action: "weight_reduction",
      severity: "medium",
      parameters: { weight_multiplier: 0.5 },
    },
  ],
};

it("the documented policies load as they stand, are shown so, and decide", async () => {
  const policies = {
    "default-net-sec-001": NETWORK,
    "fl-perf-001": PERFORMANCE,
    "trust-001": TRUST,
    "participation-001": PARTICIPATION,
  };
  const engine = await startTestEngine({ policies: { version: 2, policies } });
  try {
    const { json } = await askJson(engine, "GET /policies");
    expect(json["policies"]).toEqual({
      ...policies,
      "participation-001": { ...PARTICIPATION, id: "participation-001" },
    });
    const check = async (policyType: string, context: object) =>
      (await askJson(engine, "POST /check", { policy_type: policyType, context })).json;
    const tcp = { protocol: "tcp", src_type: "fl-client", dst_type: "fl-server" };
    expect((await check("network_security", { ...tcp, dst_port: 8080 }))["allowed"]).toBe(true);
    expect((await check("network_security", { ...tcp, dst_port: 22 }))["allowed"]).toBe(false);
    const round = { component_type: "fl-client", event_type: "round_participation" };
    expect(await check("fl_performance", round)).toMatchObject({
      ...{ allowed: true, applied_actions: [{ action: "monitor" }] },
    });
  } finally {
    await engine.stop();
  }
});
