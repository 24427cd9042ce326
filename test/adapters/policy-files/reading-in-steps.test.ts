import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { editPolicySteps } from "../../../src/adapters/policy-files/edit-policy-text.js";
import { parseSteps } from "../../../src/adapters/policy-files/parse-policy-file.js";
import { policySetSteps } from "../../../src/adapters/policy-files/read-policy-set.js";
import { documentsTextSteps } from "../../../src/adapters/sqlite/documents-text.js";
import type { ValueMap } from "../../../src/core/values.js";

const RULES = 2_000;
const rules = Array.from({ length: RULES }, (_, index) => ({
  action: "allow",
  match: { src_type: `type-${index}`, dst_port: 1 + index },
  condition: "score > least",
  parameters: { least: index },
}));
const ONE_POLICY = { p: { type: "t", rules } };
const MANY_POLICIES = Object.fromEntries(
  rules.map((rule, index) => [`p${index}`, { type: "t", rules: [rule] }]),
);

function countedSteps<Result>(steps: Generator<void, Result>): {
  readonly count: number;
  readonly result: Result;
} {
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done === true) return { count, result: step.value };
  }
}

describe.each([
  ["one policy of many rules", ONE_POLICY],
  ["many policies of one rule", MANY_POLICIES],
])("%s", (_, policies) => {
  const text = JSON.stringify({ policies });

  it("is parsed in steps that grow in number with its text, not in length", () => {
    const { count, result } = countedSteps(parseSteps(text));
    expect(result.problems).toEqual([]);
    expect(count).toBeGreaterThan(text.length / 5_000);
  });

  it("is translated and hashed in steps of a rule each", () => {
    const parsing = countedSteps(parseSteps(text)).count;
    const texts = { main: { name: "f", text } };
    const { count, result } = countedSteps(policySetSteps(texts, createConditionCompiler()));
    expect(result.ok).toBe(true);
    expect(count - parsing).toBeGreaterThan(2 * RULES);
  });

  it("is edited, and made readable, in steps of a rule each", () => {
    const parsing = countedSteps(parseSteps(text)).count;
    const document = { id: "new", type: "t", rules };
    const { count, result } = countedSteps(
      editPolicySteps(text, { kind: "put", document }, new Map()),
    );
    expect(JSON.parse(result)).toMatchObject({ policies: { ...policies, new: { rules } } });
    expect(count - 2 * parsing).toBeGreaterThan(2 * RULES);
  });

  it("becomes the text of the history in steps of a rule each", () => {
    const documents: readonly ValueMap[] = Object.values(policies);
    const { count, result } = countedSteps(documentsTextSteps(documents));
    expect(JSON.parse(result)).toEqual(documents);
    expect(count).toBeGreaterThan(RULES);
  });
});

it("leaves nothing out of a text of documents, whatever its keys are called", () => {
  const text = '[{"__proto__":{"a":[]},"rules":[],"constructor":[null,[1]],"n":1e3},{}]';
  const documents = JSON.parse(text) as readonly ValueMap[];
  expect(JSON.parse(countedSteps(documentsTextSteps(documents)).result)).toEqual(documents);
});
