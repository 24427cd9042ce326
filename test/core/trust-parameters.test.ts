import { describe, expect, it } from "vitest";
import type { Rule } from "../../src/core/policy.js";
import { badTrustParameters, trustParameterNames } from "../../src/core/trust-parameters.js";
import type { ValueMap } from "../../src/core/values.js";
import { trustPolicy } from "../support/trust-decisions.js";

const LOW = "client.trust_score < 0.3";

/** A rule with parameters that no file can give it: those are refused before. */
function ruleWith(parameters: ValueMap, written: object): Rule {
  const [rule] = trustPolicy([written]).rules;
  if (!rule) throw new Error("no rule was read");
  return { ...rule, parameters };
}

const exclude = (parameters: ValueMap) =>
  ruleWith(parameters, { action: "exclude_client", condition: LOW });
const reduce = (parameters: ValueMap) =>
  ruleWith(parameters, { action: "weight_reduction", condition: LOW });

describe("a verb reads", () => {
  // prettier-ignore
  it.each<[action: string | undefined, names: readonly string[]]>([
    ["exclude_client", ["exit", "rounds_in", "rounds_out", "dwell"]],
    ["weight_reduction", ["weight_multiplier", "exit", "rounds_in", "rounds_out"]],
    ["evaluate_trust", []],
    [undefined, ["weight_multiplier", "exit", "rounds_in", "rounds_out", "dwell"]],
  ])("%s: %j", (action, names) => {
    expect(trustParameterNames(action)).toEqual(names);
  });
});

describe("a parameter of a trust rule cannot be", () => {
  // prettier-ignore
  it.each<[says: string, rule: Rule, problem: object]>([
    ["a weight above 1", reduce({ weight_multiplier: 1.01 }), { name: "weight_multiplier", message: "`weight_multiplier` must be a number from 0 to 1, got 1.01" }],
    ["a weight below 0", reduce({ weight_multiplier: -0.01 }), { name: "weight_multiplier", message: "`weight_multiplier` must be a number from 0 to 1, got -0.01" }],
    ["a text, where the number that it spells is proposed", reduce({ weight_multiplier: "0.5" }), { name: "weight_multiplier", message: '`weight_multiplier` must be a number from 0 to 1, got "0.5"', suggestion: "write the number 0.5" }],
    ["a text that spells none", reduce({ weight_multiplier: "little" }), { name: "weight_multiplier", message: '`weight_multiplier` must be a number from 0 to 1, got "little"' }],
    ["a list", exclude({ exit: [0.4] }), { name: "exit", message: "`exit` must be a number from 0 to 1, got [0.4]" }],
    ["an exit above 1", exclude({ exit: 1.5 }), { name: "exit", message: "`exit` must be a number from 0 to 1, got 1.5" }],
    ["an exit below the threshold", reduce({ exit: 0.29 }), { name: "exit", message: "`exit` must be at least the threshold 0.3, got 0.29: the rule would hold and be left at once", suggestion: "write a number from 0.3 to 1" }],
    ["part of a round", exclude({ rounds_in: 1.5 }), { name: "rounds_in", message: "`rounds_in` must be a whole number from 1 to 1000, got 1.5" }],
    ["no round to hold in", exclude({ rounds_in: 0 }), { name: "rounds_in", message: "`rounds_in` must be a whole number from 1 to 1000, got 0" }],
    ["more than 1000 rounds to leave in", reduce({ rounds_out: 1001 }), { name: "rounds_out", message: "`rounds_out` must be a whole number from 1 to 1000, got 1001" }],
    ["a stay below 0", exclude({ dwell: -1 }), { name: "dwell", message: "`dwell` must be a whole number from 0 to 1000, got -1" }],
    ["a weight of a rule that is asked at each request", ruleWith({ weight_multiplier: 2 }, { action: "weight_reduction", match: { dst_port: 1 } }), { name: "weight_multiplier", message: "`weight_multiplier` must be a number from 0 to 1, got 2" }],
  ])("%s", (_says, rule, problem) => {
    expect(badTrustParameters(rule)).toEqual([problem]);
  });

  // prettier-ignore
  it.each<[says: string, rule: Rule]>([
    ["the bounds themselves", reduce({ weight_multiplier: 0, exit: 0.3, rounds_in: 1, rounds_out: 1000 })],
    ["the other bounds", reduce({ weight_multiplier: 1, exit: 1, rounds_in: 1000, rounds_out: 1 })],
    ["no stay at all", exclude({ dwell: 0 })],
    ["null, which is none", exclude({ dwell: null })],
    ["what the verb does not read", exclude({ weight_multiplier: 7 })],
    ["an exit where no score is compared", ruleWith({ exit: 0.01 }, { action: "exclude_client", condition: "client.trust_upper < 0.3" })],
    ["margins of a rule that is asked at each request", ruleWith({ exit: 9, rounds_in: 0 }, { action: "weight_reduction", match: { dst_port: 1 } })],
    ["of a rule that is not about trust", { ...reduce({ weight_multiplier: 7 }), isTrustRule: false }],
  ])("but may be %s", (_says, rule) => {
    expect(badTrustParameters(rule)).toEqual([]);
  });

  it("several at once, each told", () => {
    const names = badTrustParameters(exclude({ dwell: -1, rounds_in: 0, exit: 2 })).map(
      ({ name }) => name,
    );
    expect(names).toEqual(["exit", "rounds_in", "dwell"]);
  });
});
