import { describe, expect, it } from "vitest";
import { decide } from "../../src/core/decide.js";
import { nearestRule } from "../../src/core/nearest-rule.js";
import { accessRequest } from "../../src/core/request.js";
import type { ValueMap } from "../../src/core/values.js";
import { setOf, readTexts, withRules } from "../support/policy-texts.js";
import { snapshot } from "../support/rules.js";

/** What made the difference between two requests: the rule, and the names of what of it changed. */
function difference(rules: string, type: string, before: ValueMap, after: ValueMap) {
  const { policies } = setOf(readTexts(withRules(rules, type)));
  const set = snapshot(policies.map(({ policy }) => policy));
  const decided = (attributes: ValueMap) => {
    const request = accessRequest(type, attributes);
    return { request, decision: decide(set, request) };
  };
  const nearest = nearestRule(set, decided(before), decided(after));
  return (
    nearest && {
      rule: nearest.rule.ruleId,
      mustApply: nearest.mustApply,
      fields: nearest.fields.map(({ key, actual }) => `${key}=${JSON.stringify(actual)}`),
      condition: nearest.condition?.outcome,
    }
  );
}

describe("the rule that makes the difference", () => {
  // prettier-ignore
  it.each<[says: string, rules: string, type: string, before: ValueMap, after: ValueMap, nearest: unknown]>([
    ["is the rule that comes to hold, with the fields that did not",
      '{"id": "a", "action": "allow", "match": {"dst_port": 80, "zone": "lab"}}', "network_security",
      { dst_port: 81, zone: "lab" }, { dst_port: 80, zone: "lab" },
      { rule: "a", mustApply: true, fields: ["dst_port=81"], condition: undefined }],
    ["is the denying rule where the allowing one held all along",
      '{"id": "a", "action": "allow"}, {"id": "d", "action": "deny", "condition": "load > 9"}', "fl_security",
      { load: 10 }, { load: 9 },
      { rule: "d", mustApply: false, fields: [], condition: "true" }],
    ["is the rule that erred where the default answers without it",
      '{"id": "d", "action": "deny", "condition": "load > 9"}', "trust_reputation",
      {}, { load: 9 },
      { rule: "d", mustApply: false, fields: [], condition: "error" }],
    ["is the rule that was not reached only if it did not hold",
      '{"id": "d", "action": "deny", "match": {"zone": "x"}}, {"id": "a", "action": "allow"}', "network_security",
      { zone: "x" }, { zone: "y" },
      { rule: "d", mustApply: false, fields: ['zone="x"'], condition: undefined }],
  ])("%s", (_says, rules, type, before, after, nearest) => {
    expect(difference(rules, type, before, after)).toEqual(nearest);
  });
});
