import { describe, expect, it } from "vitest";
import { readPolicy, withRules } from "../../support/policy-texts.js";
import { refuses } from "../../support/refuses.js";

const trust = (action: string, parameters: string, type = "security"): string =>
  withRules(
    `{"action": "${action}", "condition": "client.trust_score < 0.3", "parameters": {${parameters}}}`,
    type,
  );
const at = (name: string): string => `policies.p.rules[0].parameters.${name}`;
const exclude = (parameters: string): string => trust("exclude_client", parameters);
const reduce = (parameters: string): string => trust("weight_reduction", parameters);

describe("a trust rule with a parameter that cannot be used is refused", () => {
  // prettier-ignore
  refuses([
    ["a weight that is text", reduce('"weight_multiplier": ▶"abc"'), at("weight_multiplier"), '`weight_multiplier` must be a number from 0 to 1, got "abc"'],
    ["a weight in quotes", reduce('"weight_multiplier": ▶"0.5"'), at("weight_multiplier"), 'must be a number from 0 to 1, got "0.5"', "write the number 0.5"],
    ["a weight below 0", reduce('"weight_multiplier": ▶-3'), at("weight_multiplier"), "must be a number from 0 to 1, got -3"],
    ["a weight above 1", reduce('"weight_multiplier": ▶1.5'), at("weight_multiplier"), "must be a number from 0 to 1, got 1.5"],
    ["a weight that is a list", reduce('"weight_multiplier": ▶[0.5]'), at("weight_multiplier"), "must be a number from 0 to 1, got [0.5]"],
    ["a score to leave at that is text", exclude('"exit": ▶"x"'), at("exit"), '`exit` must be a number from 0 to 1, got "x"'],
    ["a score to leave at that nobody has", exclude('"exit": ▶1.1'), at("exit"), "must be a number from 0 to 1, got 1.1"],
    ["a score to leave at below the threshold", exclude('"exit": ▶0.1'), at("exit"), "`exit` must be at least the threshold 0.3, got 0.1", "write a number from 0.3 to 1"],
    ["rounds below 1", exclude('"rounds_in": ▶-1'), at("rounds_in"), "`rounds_in` must be a whole number from 1 to 1000, got -1"],
    ["half a round", reduce('"rounds_in": ▶1.5'), at("rounds_in"), "must be a whole number from 1 to 1000, got 1.5"],
    ["no round", reduce('"rounds_out": ▶0'), at("rounds_out"), "must be a whole number from 1 to 1000, got 0"],
    ["rounds without end", exclude('"rounds_out": ▶1e9'), at("rounds_out"), "must be a whole number from 1 to 1000, got 1000000000"],
    ["an exclusion that ended before it began", exclude('"dwell": ▶-5'), at("dwell"), "`dwell` must be a whole number from 0 to 1000, got -5"],
    ["in `trust_reputation` too", trust("exclude_client", '"dwell": ▶true', "trust_reputation"), at("dwell"), "must be a whole number from 0 to 1000, got true"],
  ]);

  it.each<[says: string, type: string, rule: object]>([
    ["no weight, which is null", "security", { weight_multiplier: null }],
    ["the bounds themselves", "security", { weight_multiplier: 0, exit: 0.3, rounds_in: 1000 }],
    ["a type that knows no trust", "fl_client_training", { weight_multiplier: "high", exit: "x" }],
  ])("and one with %s is not", (_says, type, parameters) => {
    const rule = { action: "weight_reduction", condition: "client.trust_score < 0.3", parameters };
    expect(readPolicy({ type, rules: [rule] }).rules).toHaveLength(1);
  });
});
