import { expect, it } from "vitest";
import { candidateOutcome, type RuleOutcome } from "../../src/core/evaluate-rule.js";
import type { Rule } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import { expressionOf } from "../support/conditions.js";
import { rule } from "../support/rules.js";

const coded: Rule = { ...rule("deny"), unevaluable: "executable code is never run" };
const conditional: Rule = {
  ...rule("deny"),
  condition: { text: "zone == 'lab'", expression: expressionOf("zone == 'lab'") },
};

it.each<[says: string, rule: Rule, attributes: object, outcome: RuleOutcome]>([
  ["a rule without a condition applies", rule("deny"), {}, { kind: "applied" }],
  ["a condition that is true applies", conditional, { zone: "lab" }, { kind: "applied" }],
  ["one that is false does not", conditional, { zone: "x" }, { kind: "not_applicable" }],
  [
    "one that cannot be known is an error that says what was missing",
    conditional,
    {},
    { kind: "error", message: "attribute `zone` is missing", missingAttributes: ["zone"] },
  ],
  [
    "a rule that cannot be evaluated is an error on every request",
    coded,
    { zone: "lab" },
    { kind: "error", message: "executable code is never run", missingAttributes: [] },
  ],
])("%s", (_says, candidate, attributes, outcome) => {
  const request = accessRequest("network_security", { ...attributes });
  expect(candidateOutcome(candidate, request)).toStrictEqual(outcome);
});
