import { describe, expect, it } from "vitest";
import { explainTrustRules } from "../../src/core/explain-trust-rules.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import { trustRulesOf } from "../../src/core/trust-policy.js";
import { trustPolicy } from "../support/trust-decisions.js";

const exclude = (condition: string, more: object = {}) => ({
  ...{ action: "exclude_client", condition },
  ...more,
});
const FIRST = trustPolicy(
  [
    exclude("client.trust_score < 0.3", { id: "holds" }),
    exclude("client.trust_score < 0.1", { id: "does not" }),
  ],
  { id: "first", priority: 7 },
);
const SECOND = trustPolicy(
  [
    exclude("client.trust_score < 0.1", { id: "low" }),
    exclude("client.none < 1", { id: "errs" }),
    exclude("client.trust_score < 1", { id: "elsewhere", match: { dst_port: 9000 } }),
  ],
  { id: "second", type: "security" },
);
const RULES = trustRulesOf(buildSnapshot([SECOND, FIRST], { policyVersion: 1 }));
const REQUEST = accessRequest("network_security", { dst_port: 80, client: { trust_score: 0.2 } });

describe("an explanation of trust rules", () => {
  it("has each policy as it is, which applies where one of its rules does", () => {
    expect(explainTrustRules(RULES, REQUEST, 9)).toMatchObject([
      { policyId: "first", policyType: "trust_reputation", priority: 7, applicable: true },
      { policyId: "second", policyType: "security", priority: 0, applicable: false },
    ]);
  });

  it("has what became of each rule", () => {
    const traces = explainTrustRules(RULES, REQUEST, 9).flatMap(({ rules }) => rules);
    expect(traces.map(({ rule, outcome }) => `${rule.ruleId}: ${outcome}`)).toEqual([
      "holds: applied",
      "does not: not_applicable",
      "low: not_applicable",
      "errs: error",
      "elsewhere: not_applicable",
    ]);
  });

  it("has the condition of a rule that was asked, and the fields of one that was not", () => {
    const [first, second] = explainTrustRules(RULES, REQUEST, 9);
    expect(first?.rules[0]).toMatchObject({
      fields: [],
      condition: {
        ...{ text: "client.trust_score < 0.3", outcome: "true" },
        values: { "client.trust_score": 0.2 },
      },
    });
    expect(second?.rules[2]?.fields).toMatchObject([{ key: "dst_port", matched: false }]);
    expect(second?.rules[2]).not.toHaveProperty("condition");
  });

  it.each([
    ["so many rules at most", 3, ["holds", "does not", "low"]],
    ["none where there is no more room", 0, []],
    ["none where there is less than none", -1, []],
  ])("has %s", (_says, most, ids) => {
    const traces = explainTrustRules(RULES, REQUEST, most).flatMap(({ rules }) => rules);
    expect(traces.map(({ rule }) => rule.ruleId)).toEqual(ids);
  });

  it("has a rule without a condition", () => {
    const [rule] = explainTrustRules(
      trustRulesOf(
        buildSnapshot([trustPolicy([{ action: "evaluate_trust" }])], { policyVersion: 1 }),
      ),
      REQUEST,
      1,
    ).flatMap(({ rules }) => rules);
    expect(rule).toMatchObject({ outcome: "applied" });
    expect(rule).not.toHaveProperty("condition");
  });
});
