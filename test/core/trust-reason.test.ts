import { expect, it } from "vitest";
import { withTrustRules } from "../../src/core/decide-trust.js";
import { decide } from "../../src/core/decide.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import { trustRulesOf } from "../../src/core/trust-policy.js";
import { readPolicy } from "../support/policy-texts.js";

const POLICY = readPolicy({
  type: "trust_reputation",
  rules: [
    { id: "low", action: "exclude_client", condition: "client.trust_score < 0.3" },
    { id: "middle", action: "exclude_client", condition: "client.trust_score < 0.6" },
  ],
});
const NET = readPolicy({ type: "network_security", rules: [{ action: "allow", match: {} }] });

// prettier-ignore
it.each([
  ["whose thresholds it is below",                          0.2, ["low", "middle"], "trust score 0.200, threshold 0.3, rule `low`"],
  ["whose threshold it is below, and no other",             0.5, ["middle"],        "trust score 0.500, threshold 0.6, rule `middle`"],
  ["of all where it is below none: it is not yet admitted", 0.7, ["low", "middle"], "trust score 0.700, threshold 0.3 (and excluded until it is admitted again), rule `low`"],
])("an excluded client is denied by the rules %s", (_says, trustScore, ruleIds, reason) => {
  const snapshot = buildSnapshot([{ ...NET, id: "net" }, POLICY], { policyVersion: 1 });
  const request = accessRequest("network_security", { protocol: "tcp", client_id: "client" });
  const standing = { trustScore, state: "EXCLUDED", known: true, weightMultiplier: 0, isLiteral: false } as const;
  const decision = withTrustRules(decide(snapshot, request), trustRulesOf(snapshot), request, standing);
  expect(decision.determiningRules.map(({ ruleId }) => ruleId)).toEqual(ruleIds);
  expect(decision.reason).toContain(`the client is excluded: ${reason}`);
});
