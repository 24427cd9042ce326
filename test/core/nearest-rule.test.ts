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
    ["is named without its condition where that stays what it is",
      '{"id": "a", "action": "allow", "match": {"dst_port": 80}, "condition": "load < 9"}', "network_security",
      { dst_port: 81, load: 1 }, { dst_port: 80, load: 2 },
      { rule: "a", mustApply: true, fields: ["dst_port=81"], condition: undefined }],
    ["is named with its condition where that comes out otherwise",
      '{"id": "a", "action": "allow", "match": {"dst_port": 80}, "condition": "load < 9"}', "network_security",
      { dst_port: 80, load: 10 }, { dst_port: 80, load: 2 },
      { rule: "a", mustApply: true, fields: [], condition: "false" }],
    ["is the one that comes to hold, beside one that held before",
      '{"id": "d", "action": "deny", "match": {"zone": "x"}}, {"id": "a", "action": "allow"}, {"id": "b", "action": "allow", "match": {"zone": "y"}}', "fl_security",
      { zone: "x" }, { zone: "y" },
      { rule: "b", mustApply: true, fields: ['zone="x"'], condition: undefined }],
    ["is the one that errs no more, and holds",
      '{"id": "a", "action": "allow", "condition": "load < 9"}', "network_security",
      {}, { load: 1 },
      { rule: "a", mustApply: true, fields: [], condition: "error" }],
    ["is the first that denied where several did",
      '{"id": "n", "action": "deny", "match": {"zone": "z"}}, {"id": "d", "action": "deny", "match": {"zone": "x"}}, {"id": "e", "action": "deny", "match": {"zone": "x"}}', "fl_security",
      { zone: "x" }, { zone: "y" },
      { rule: "d", mustApply: false, fields: ['zone="x"'], condition: undefined }],
    ["is none where no rule decided either",
      '{"id": "a", "action": "allow", "match": {"zone": "x"}}', "fl_security",
      { zone: "y" }, { zone: "z" },
      undefined],
  ])("%s", (_says, rules, type, before, after, nearest) => {
    expect(difference(rules, type, before, after)).toEqual(nearest);
  });

  it("is looked for in the policy that it stands in", () => {
    const named = (id: string, priority: number) => {
      const { policies } = setOf(
        readTexts(
          withRules(
            `{"id": "of ${id}", "action": "allow", "match": {"zone": "${id}"}}`,
            "network_security",
          ),
        ),
      );
      return policies.map(({ policy }) => ({ ...policy, id, priority }));
    };
    const set = snapshot([...named("x", 2), ...named("y", 1)]);
    const decided = (zone: string) => {
      const request = accessRequest("network_security", { zone });
      return { request, decision: decide(set, request) };
    };
    const nearest = nearestRule(set, decided("z"), decided("y"));
    expect(nearest?.rule).toMatchObject({ policyId: "y", ruleId: "of y" });
    expect(nearest?.fields).toMatchObject([{ key: "zone", expected: "y", actual: "z" }]);
  });

  it("is none where the set no longer has it", () => {
    const { policies } = setOf(readTexts(withRules('{"action": "allow"}', "network_security")));
    const request = accessRequest("network_security", {});
    const decision = decide(snapshot(policies.map(({ policy }) => policy)), request);
    expect(decision.determiningRules).toHaveLength(1);
    const answered = { request, decision };
    expect(nearestRule(snapshot([]), answered, answered)).toBeUndefined();
  });
});
