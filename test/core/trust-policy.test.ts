import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/core/policy.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import {
  drivesState,
  NO_TRUST_RULES,
  scoreThreshold,
  stateRuleHolds,
  stateRuleTexts,
  type TrustRule,
  trustRulesFrom,
  trustRulesOf,
  weightOf,
} from "../../src/core/trust-policy.js";
import { createTrustFold } from "../../src/core/trust/fold.js";
import {
  DEFAULT_TRUST_RULES,
  exclusionBelow,
  reductionBelow,
  type TrustRules,
} from "../../src/core/trust/trust-rules.js";
import type { ValueMap } from "../../src/core/values.js";
import { expressionOf } from "../support/conditions.js";
import { netPolicy, trustPolicy } from "../support/trust-decisions.js";

const LOW = "client.trust_score < 0.3";
const exclude = (condition: string, more: object = {}) => ({
  ...{ action: "exclude_client", condition },
  ...more,
});
const reduce = (condition: string, parameters: object = {}) => ({
  ...{ action: "weight_reduction", condition, parameters },
});
const READING = createTrustFold().reading("client");

function rulesOf(...policies: Policy[]): readonly TrustRule[] {
  return trustRulesOf(buildSnapshot(policies, { policyVersion: 1 }));
}

function only<Item>([item, ...others]: readonly Item[]): Item {
  if (item === undefined || others.length > 0) throw new Error("not exactly one");
  return item;
}

describe("the trust rules of a set are", () => {
  // prettier-ignore
  it.each<[says: string, policies: readonly Policy[], ids: readonly string[]]>([
    ["those with a trust verb", [trustPolicy([exclude(LOW), reduce(LOW), { action: "evaluate_trust" }])], ["trust 0", "trust 1", "trust 2"]],
    ["those that read the client's trust", [trustPolicy([{ action: "deny", condition: LOW }, { action: "allow", condition: "trust_score_change < 0" }])], ["trust 0", "trust 1"]],
    ["no others", [trustPolicy([{ action: "deny", condition: "load > 3" }])], []],
    ["none that is switched off", [trustPolicy([exclude(LOW, { enabled: false }), exclude(LOW)])], ["trust 1"]],
    ["none of a policy that is switched off", [trustPolicy([exclude(LOW)], { enabled: false })], []],
    ["of policies of the type `security` too", [trustPolicy([exclude(LOW)], { type: "security" })], ["trust 0"]],
    ["of no other type", [netPolicy([exclude(LOW)]), trustPolicy([exclude(LOW)], { type: "fl_security" })], []],
    ["in the order of priorities", [1, 3, 2].map((priority) => trustPolicy([exclude(LOW)], { id: `p${priority}`, priority })), ["p3 0", "p2 0", "p1 0"]],
    ["whatever the types are", [trustPolicy([exclude(LOW)], { id: "a", priority: 1 }), trustPolicy([exclude(LOW)], { id: "b", type: "security", priority: 2 })], ["b 0", "a 0"]],
    ["of equal priority in the order of ids", ["b", "a", "B"].map((id) => trustPolicy([exclude(LOW)], { id })), ["B 0", "a 0", "b 0"]],
  ])("%s", (_says, policies, ids) => {
    const found = rulesOf(...policies).map(({ policy, ref }) => `${policy.id} ${ref.ruleIndex}`);
    expect(found).toEqual(ids);
  });

  it("found once for each set", () => {
    const snapshot = buildSnapshot([trustPolicy([exclude(LOW)])], { policyVersion: 1 });
    expect(trustRulesOf(snapshot)).toBe(trustRulesOf(snapshot));
  });
});

describe("a trust rule follows from", () => {
  // prettier-ignore
  it.each<[says: string, rule: object, drives: boolean, dependsOn: TrustRule["dependsOn"]]>([
    ["the state where it compares the score", exclude(LOW), true, "state"],
    ["the state where it reduces by the score", reduce(LOW), true, "state"],
    ["the state where a parameter is the threshold", exclude("client.trust_score < least", { parameters: { least: 0.3 } }), true, "state"],
    ["what is known of the client where it reads more of that", exclude("client.trust_upper < 0.3 && client.exclusions > 1"), true, "client"],
    ["what is known of the client where it reads its fall", exclude("trust_score_change < -0.5"), true, "client"],
    ["what is known of the client where it reads factors", exclude("client.factors.update_quality.upper < 0.3"), true, "client"],
    ["what is known of the client beside parameters", exclude("client.trust_upper < least", { parameters: { least: 0.3 } }), true, "client"],
    ["the request where it reads of the client what the caller sends", exclude("client.device == 'x'"), true, "request"],
    ["the request where it reads anything else", exclude("client.trust_score < 0.3 && load > 3"), false, "request"],
    ["the request where it reads what only begins alike", exclude("trust_score_change.x < 0"), false, "request"],
    ["the request where it has a match", exclude(LOW, { match: { dst_port: 1 } }), false, "request"],
    ["the request where it has no condition", { action: "exclude_client", match: { dst_port: 1 } }, false, "request"],
    ["the request where it holds for all", { action: "exclude_client" }, false, "request"],
    ["the request with another verb", { action: "deny", condition: LOW }, false, "request"],
    ["the request where it only tells", { action: "evaluate_trust", condition: LOW }, false, "request"],
  ])("%s", (_says, rule, drives, dependsOn) => {
    const found = only(rulesOf(trustPolicy([rule])));
    expect(found).toMatchObject({ drivesState: drives, dependsOn });
    expect(drivesState(found.rule)).toBe(drives);
    expect(stateRuleTexts([found])).toHaveLength(drives ? 1 : 0);
  });
});

describe("a condition compares the score with", () => {
  // prettier-ignore
  it.each<[text: string, threshold: number | undefined, orEqual?: boolean]>([
    ["client.trust_score < 0.3", 0.3, false],
    ["client.trust_score <= 0.3", 0.3, true],
    ["0.3 > client.trust_score", 0.3, false],
    ["0.3 >= client.trust_score", 0.3, true],
    ["client.trust_score < least", 0.25, false],
    ["client.trust_score < limits.least", 0.5, false],
    ["client.trust_score > 0.3", undefined],
    ["0.3 < client.trust_score", undefined],
    ["client.trust_score == 0.3", undefined],
    ["0.3 == client.trust_score", undefined],
    ["client.trust_upper < 0.3", undefined],
    ["trust_score < 0.3", undefined],
    ["client.trust_score < '0.3'", undefined],
    ["client.trust_score < text", undefined],
    ["client.trust_score < nowhere", undefined],
    ["client.trust_score < 0.1 + 0.2", undefined],
    ["client.trust_score + 0.1 < 0.3", undefined],
    ["!(client.trust_score < 0.3)", undefined],
    ["client.trust_score < 0.3 && true", undefined],
    ["client.excluded", undefined],
  ])("%s: %s", (text, threshold, orEqual) => {
    const parameters = { least: 0.25, limits: { least: 0.5 }, text: "0.3" };
    const expected = threshold === undefined ? undefined : { threshold, orEqual };
    expect(scoreThreshold(expressionOf(text), parameters)).toEqual(expected);
  });
});

describe("what drives states is", () => {
  function driving(...rules: object[]): TrustRules {
    const texts = stateRuleTexts(rulesOf(trustPolicy(rules)));
    return trustRulesFrom({ rules: texts, newcomerWeight: 0.25 }, "hash");
  }

  // prettier-ignore
  it.each<[says: string, rules: readonly object[], part: Partial<TrustRules>]>([
    ["an exclusion, with the engine's margins", [exclude(LOW)], { exclusions: [exclusionBelow(0.3)], reductions: [] }],
    ["an exclusion with its own", [exclude(LOW, { parameters: { exit: 0.45, rounds_in: 4, rounds_out: 5, dwell: 6 } })], { exclusions: [exclusionBelow(0.3, { exit: 0.45, roundsIn: 4, roundsOut: 5, dwellRounds: 6 })] }],
    ["an exclusion at the threshold too", [exclude("client.trust_score <= 0.3")], { exclusions: [exclusionBelow(0.3, { orEqual: true })] }],
    ["a reduction by half where it names no weight", [reduce("client.trust_score < 0.6")], { exclusions: [], reductions: [reductionBelow(0.6, 0.5)] }],
    ["a reduction with its weight and margins", [reduce("client.trust_score < 0.6", { weight_multiplier: 0.1, exit: 0.7, rounds_in: 2, rounds_out: 9 })], { reductions: [reductionBelow(0.6, 0.1, { exit: 0.7, roundsIn: 2, roundsOut: 9 })] }],
    ["several, in their order", [exclude(LOW), reduce(LOW), exclude("client.trust_score < 0.2")], { exclusions: [exclusionBelow(0.3), exclusionBelow(0.2)], reductions: [reductionBelow(0.3, 0.5)] }],
    ["nothing of a rule that is asked at each request", [exclude("load > 3")], { exclusions: [], reductions: [] }],
    ["the weight of newcomers, and no cohort where none is set", [], { hash: "hash", newcomerWeight: 0.25 }],
  ])("%s", (_says, rules, part) => {
    const found = driving(...rules);
    expect(found).toMatchObject(part);
    expect(found).not.toHaveProperty("minCohort");
  });

  it("the cohort that is set", () => {
    const text = { rules: [], newcomerWeight: 0.5, minCohort: 4 };
    expect(trustRulesFrom(text, "hash")).toHaveProperty("minCohort", 4);
  });

  it("any other condition, of an exclusion and a reduction alike, with its own margins", () => {
    const condition = "client.trust_upper < 0.3 || client.exclusions > 1";
    const { exclusions, reductions } = driving(
      exclude(condition, { parameters: { dwell: 4 } }),
      reduce(condition, { weight_multiplier: 0.2, rounds_in: 3 }),
    );
    expect(only(exclusions)).toMatchObject({ roundsIn: 2, roundsOut: 3, dwellRounds: 4 });
    expect(only(reductions)).toMatchObject({ roundsIn: 3, weightMultiplier: 0.2 });
    for (const rule of [only(exclusions), only(reductions)]) {
      const held = [
        { ...READING, trustUpper: 0.29 },
        { ...READING, exclusions: 2 },
        { ...READING, trustScore: 0 },
      ].map((reading) => rule.condition.kind === "condition" && rule.condition.holds(reading));
      expect(held).toEqual([true, true, false]);
    }
  });

  it("without any rule, the weight of newcomers as documented", () => {
    expect(trustRulesFrom(NO_TRUST_RULES, "none")).toEqual({
      ...{ hash: "none", exclusions: [], reductions: [] },
      newcomerWeight: DEFAULT_TRUST_RULES.newcomerWeight,
    });
  });
});

describe("a rule that drives states holds", () => {
  // prettier-ignore
  it.each<[says: string, text: string, holds: boolean]>([
    ["where its condition is true", "client.trust_score < least", true],
    ["by a parameter before anything else", "client.trust_state == 'PROBATION' && least == 0.6", true],
    ["not where it is false", "client.trust_score < 0.4", false],
    ["not where it errs", "client.device == 'x'", false],
  ])("%s", (_says, text, holds) => {
    const rule = { expression: expressionOf(text), parameters: { least: 0.6 } };
    expect(stateRuleHolds(rule, READING)).toBe(holds);
  });
});

it("the text of a rule is what is kept of it beside a closed round", () => {
  const rules = rulesOf(trustPolicy([exclude(LOW, { parameters: { dwell: 3 } })]));
  expect(stateRuleTexts(rules)).toEqual([
    {
      ref: { policyId: "trust", ruleId: "0", ruleIndex: 0, action: "exclude_client" },
      text: LOW,
      expression: expressionOf(LOW),
      parameters: { dwell: 3 },
    },
  ]);
});

describe("a weight reduction multiplies by", () => {
  // prettier-ignore
  it.each<[says: string, parameters: ValueMap, weight: number]>([
    ["its number", { weight_multiplier: 0.2 }, 0.2],
    ["0 where it says so", { weight_multiplier: 0 }, 0],
    ["the number of a text", { weight_multiplier: "0.25" }, 0.25],
    ["a half without one", {}, 0.5],
    ["a half where it is null", { weight_multiplier: null }, 0.5],
    ["a half where it is no number", { weight_multiplier: "little" }, 0.5],
    ["at most 1", { weight_multiplier: 3 }, 1],
    ["at least 0", { weight_multiplier: -3 }, 0],
  ])("%s", (_says, parameters, weight) => {
    expect(weightOf(parameters)).toBe(weight);
  });
});
