import { describe, expect, it } from "vitest";
import { decide } from "../../src/core/decide.js";
import type { Policy } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import type { ValueMap } from "../../src/core/values.js";
import { policy, rule, snapshot } from "../support/rules.js";

/** A policy whose rules each have parameters: `[verb, parameters]`. */
function configuring(
  id: string,
  priority: number,
  ...rules: readonly (readonly [string, ValueMap])[]
): Policy {
  return policy(id, "", {
    type: "t",
    priority,
    rules: rules.map(([word, parameters], index) => rule(word, index, parameters)),
  });
}

describe("merged parameters", () => {
  // prettier-ignore
  it.each<[says: string, policies: Policy[], parameters: ValueMap | undefined]>([
    ["the higher priority wins",                  [configuring("a", 1, ["set", { x: 1, y: 1 }]), configuring("b", 2, ["set", { x: 2 }])], { x: 2, y: 1 }],
    ["of equal priority the smaller id wins",     [configuring("b", 1, ["set", { x: 2 }]), configuring("a", 1, ["set", { x: 1 }])],       { x: 1 }],
    ["ids are compared by code unit",             [configuring("9", 1, ["set", { x: 9 }]), configuring("10", 1, ["set", { x: 10 }])],     { x: 10 }],
    ["inside a policy the later rule wins",       [configuring("a", 1, ["set", { x: 1 }], ["tune", { x: 2 }])],                           { x: 2 }],
    ["a value is replaced whole",                 [configuring("a", 1, ["set", { x: { p: 1 } }], ["set", { x: { q: 2 } }])],              { x: { q: 2 } }],
    ["parameters of allow rules are not returned", [configuring("a", 1, ["allow", { epochs: 100 }])],                                     undefined],
    ["parameters of deny rules are not returned", [configuring("a", 1, ["deny", { x: 1 }])],                                              undefined],
    ["advice is not merged",                      [configuring("a", 1, ["log", { level: "INFO" }])],                                      undefined],
    ["they come with a denial",                   [configuring("a", 1, ["set", { rounds: 5 }], ["deny", {}])],                            { rounds: 5 }],
    ["the smallest weight_multiplier wins, whatever the priority", [configuring("a", 1, ["weight_reduction", { weight_multiplier: 0.2 }]), configuring("b", 2, ["weight_reduction", { weight_multiplier: 0.5 }])], { weight_multiplier: 0.2 }],
    ["inside a policy too",                       [configuring("a", 1, ["scale", { weight_multiplier: 0.2 }], ["scale", { weight_multiplier: 0.5 }])], { weight_multiplier: 0.2 }],
    ["one that is no number gives way",           [configuring("a", 1, ["scale", { weight_multiplier: 0.5 }], ["scale", { weight_multiplier: "x" }])], { weight_multiplier: 0.5 }],
    ["also the other way round",                  [configuring("a", 1, ["scale", { weight_multiplier: "x" }], ["scale", { weight_multiplier: 0.5 }])], { weight_multiplier: 0.5 }],
    ["a name of Object is a name",                [configuring("a", 1, ["set", { constructor: 1 }])],                                     { constructor: 1 }],
  ])("%s", (_says, policies, parameters) => {
    const decision = decide(snapshot(policies), accessRequest("t", {}));
    expect(decision.parameters).toEqual(parameters);
  });
});

describe("obligations", () => {
  const policies = [
    configuring("low", 1, ["log", {}], ["deny", {}], ["set", { x: 1 }]),
    configuring("high", 2, ["set", {}]),
  ];
  const { obligations } = decide(snapshot(policies), accessRequest("t", {}));

  it("are one per applied parameter- or record-class rule, by priority and position, also with empty parameters", () => {
    expect(
      obligations.map(({ rule: ref, parameters }) => [ref.policyId, ref.ruleId, parameters]),
    ).toEqual([
      ["high", "0", {}],
      ["low", "0", {}],
      ["low", "2", { x: 1 }],
    ]);
  });

  it("are advice exactly for record-class verbs", () => {
    expect(obligations.map(({ action, advice }) => [action, advice])).toEqual([
      ["set", false],
      ["log", true],
      ["set", false],
    ]);
  });
});
