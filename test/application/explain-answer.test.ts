import { describe, expect, it } from "vitest";
import { createComponentRegistry } from "../../src/adapters/component-registry/component-registry.js";
import type { ConnectionCheck } from "../../src/application/check.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import type { AttributeChange } from "../../src/core/decision.js";
import { readTexts, setOf, withRules } from "../support/policy-texts.js";
import { snapshot } from "../support/rules.js";

function pointWith(rules: string) {
  const registry = createComponentRegistry({
    nodeIps: { NODE_IP_FL_SERVER: "192.168.100.10", NODE_IP_COLLECTOR: "192.168.100.40" },
  });
  if (!registry.ok) throw new Error(registry.problem);
  const { policies } = setOf(readTexts(withRules(rules, "network_security")));
  const set = snapshot(policies.map(({ policy }) => policy));
  return createDecisionPoint({
    activeSnapshot: () => set,
    engineAttributes: () => ({ hour: 3 }),
    registry: registry.value,
    recordDecision: () => undefined,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    ids: { decisionId: () => "", eventId: () => "" },
    batchMaxItems: 10,
  });
}

const NOTHING: ConnectionCheck = {
  requestId: "",
  clientId: "",
  srcType: "",
  dstType: "",
  srcIp: "",
  dstIp: "",
  protocol: "",
  context: {},
  explain: true,
};

describe("the smallest change that is allowed", () => {
  // prettier-ignore
  it.each<[says: string, rules: string, asked: Partial<ConnectionCheck>, changes: AttributeChange[] | undefined]>([
    ["is a field of the connection",
      '{"action": "allow", "match": {"dst_port": 80}}', { dstPort: 81 },
      [{ attribute: "dst_port", from: 81, to: 80 }]],
    ["writes a protocol as the connection takes it",
      '{"action": "allow", "match": {"protocol": 6}}', { protocol: "udp" },
      [{ attribute: "protocol", from: "udp", to: "6" }]],
    ["begins with what the engine looked up",
      '{"action": "allow", "match": {"src_type": "collector"}}', { srcIp: "192.168.100.10" },
      [{ attribute: "src_type", from: "fl-server", to: "collector" }]],
    ["is none where another address would be another component",
      '{"action": "allow", "match": {"src_ip": "192.168.100.40", "src_type": "fl-server"}}',
      { srcIp: "192.168.100.10" }, undefined],
    ["is none where only the engine's own clock would help",
      '{"action": "allow", "match": {"engine.hour": 4}}', {}, undefined],
    ["is none where the changed request would be refused",
      '{"action": "allow", "match": {"src_type": 5}}', {}, undefined],
  ])("%s", (_says, rules, asked, changes) => {
    const { decision, explanation } = pointWith(rules).checkConnection({ ...NOTHING, ...asked });
    expect(decision.allowed).toBe(false);
    expect(explanation?.smallestChange?.changes).toEqual(changes);
    expect(explanation?.changesTried).toBeLessThanOrEqual(400);
  });
});
