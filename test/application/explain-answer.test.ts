import { describe, expect, it } from "vitest";
import { createComponentRegistry } from "../../src/adapters/component-registry/component-registry.js";
import type { ConnectionCheck } from "../../src/application/check.js";
import { createSearchAllowance } from "../../src/application/explain-answer.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import type { AttributeChange } from "../../src/core/decision.js";
import type { ValueMap } from "../../src/core/values.js";
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

describe("a change is one that the question can carry", () => {
  const full = Object.fromEntries(Array.from({ length: 255 }, (_, key) => [`k${key}`, key]));
  const TEXT_PORT = '{"action": "allow", "condition": "dst_port.startsWith(\\"8\\")"}';
  // prettier-ignore
  it.each<[says: string, rules: string, context: ValueMap, ways: { connection: unknown; policy: unknown }]>([
    ["a port as text only inside a context", TEXT_PORT, {},
      { connection: undefined, policy: [{ attribute: "dst_port", to: "8" }] }],
    ["what is a field of the message, and is no attribute, only inside a context",
      '{"action": "allow", "match": {"request_id": "x"}}', {},
      { connection: undefined, policy: [{ attribute: "request_id", to: "x" }] }],
    ["as many keys as a context may have",
      '{"action": "allow", "match": {"a": "x"}}', full,
      { connection: [{ attribute: "a", to: "x" }], policy: [{ attribute: "a", to: "x" }] }],
    ["not one more",
      '{"action": "allow", "match": {"a": "x", "b": "x"}}', full,
      { connection: undefined, policy: undefined }],
  ])("%s", (_says, rules, context, ways) => {
    const point = pointWith(rules);
    const connection = point.checkConnection({ ...NOTHING, context });
    const policy = point.checkPolicy({
      ...{ requestId: "", policyType: "network_security", context, explain: true },
    });
    expect(connection.explanation?.smallestChange?.changes).toEqual(ways.connection);
    expect(policy.explanation?.smallestChange?.changes).toEqual(ways.policy);
  });
});

describe("what the searches of one call may cost", () => {
  const MOST = 100_000;

  it.each([1, 2, 20, 1000])("is bounded together, and none goes without: %d", (searches) => {
    const allowance = createSearchAllowance(searches);
    const shares = Array.from({ length: searches }, () =>
      allowance.spend((steps) => {
        const share = steps.left;
        steps.left = 0;
        return share;
      }),
    );
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(MOST);
    expect(Math.min(...shares)).toBeGreaterThan(MOST / searches / 2 - 1);
  });

  it("what one does not spend is for those after it", () => {
    const allowance = createSearchAllowance(20);
    const share = () => allowance.spend((steps) => steps.left);
    const first = share();
    expect(share()).toBeGreaterThan(first);
  });
});
