import { describe, expect, it } from "vitest";
import { equalPriorityConflicts, shadowedRules } from "../../../src/core/lint/compare-rules.js";
import { FLOPYNET_CLIENTS } from "../../../src/core/lint/known-clients.js";
import { LINT_CHECKS } from "../../../src/core/lint/lint-checks.js";
import { parseTargetField } from "../../../src/core/parse-target-field.js";
import type { Policy, Rule } from "../../../src/core/policy.js";
import type { Target } from "../../../src/core/target.js";
import { issuesIn } from "../../support/lint-texts.js";
import { policy, rule } from "../../support/rules.js";

/** Rules that one step may look at, and pairs of them that it may compare. */
const MOST_OF_A_STEP = 260;

it("rules of one shape cost no square: that some were not compared is said", async () => {
  const rules = Array.from({ length: 5000 }, (_, index) => ({
    action: index % 2 === 0 ? "allow" : "deny",
    match: { dst_port: `${index + 1}-${index + 2}` },
  }));
  const issues = await issuesIn(
    JSON.stringify({ policies: { p: { type: "network_security", rules } } }),
  );
  expect(issues.map(({ check }) => check)).toEqual(["lint-incomplete"]);
});

it("policies that are all at odds cost no square: each pair is told of once", () => {
  let compared = 0;
  const policies = ["a", "b"].map((id) => policy(id, "allow deny ".repeat(300).trim()));
  const comparisons = { spend: () => ++compared > 0 };
  const input = { policies, clients: FLOPYNET_CLIENTS, comparisons };
  const found = [...equalPriorityConflicts(input)].filter((finding) => finding !== undefined);
  expect(found.map(({ policyId }) => policyId)).toEqual(["a", "b"]);
  expect(compared).toBeLessThan(1_000);
});

it("policies of one priority are not compared for what comes first", () => {
  let compared = 0;
  const policies = Array.from({ length: 50 }, (_, index) =>
    policyOf(`p${index}`, 20, (at) => ports(`${at + 1}-${at + 3}`)),
  );
  const comparisons = { spend: () => ++compared > 0 };
  const found = [...shadowedRules({ policies, clients: FLOPYNET_CLIENTS, comparisons })];
  expect(found.filter((finding) => finding !== undefined)).toEqual([]);
  expect(compared).toBe((50 * 20 * 19) / 2);
});

describe.each(LINT_CHECKS.map(({ id, find }) => [id, find] as const))("%s", (_id, find) => {
  it.each<[says: string, policies: (targetOf: (index: number) => Target) => Policy[]]>([
    ["many rules in one policy", (targetOf) => [policyOf("p", 2_000, targetOf)]],
    [
      "as many rules in policies of one priority",
      (targetOf) => Array.from({ length: 100 }, (_, index) => policyOf(`p${index}`, 20, targetOf)),
    ],
  ])("looks at %s in short steps", (_says, policiesOf) => {
    let ofStep = 0;
    const policies = policiesOf((index) => {
      ofStep += 1;
      return ports(`${index + 1}-${index + 3}`);
    });
    const comparisons = { spend: () => ++ofStep > 0 };
    let most = 0;
    for (const _finding of find({ policies, clients: FLOPYNET_CLIENTS, comparisons })) {
      most = Math.max(most, ofStep);
      ofStep = 0;
    }
    expect(Math.max(most, ofStep)).toBeLessThan(MOST_OF_A_STEP);
  });
});

/** @param targetOf - Asked whenever somebody looks at the target of a rule. */
function policyOf(id: string, rules: number, targetOf: (index: number) => Target): Policy {
  const watched = Array.from({ length: rules }, (_, index) => {
    const one: Rule = rule(index % 2 === 0 ? "allow" : "deny", index);
    return Object.defineProperty(one, "target", { get: () => targetOf(index), enumerable: true });
  });
  return { ...policy(id, ""), rules: watched };
}

function ports(text: string): Target {
  const field = parseTargetField("dst_port", text);
  if (!field.ok) throw new Error(field.problem);
  return [field.value];
}
