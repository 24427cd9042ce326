import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import {
  conditionResolver,
  evaluateCondition,
  MAX_STEPS,
} from "../../src/core/evaluate-condition.js";
import type { ValueMap } from "../../src/core/values.js";
import { rowsOf, section } from "../support/documentation.js";

const page = readFileSync(new URL("../../docs/policy-language.md", import.meta.url), "utf8");
const conditions = section(page, "## Conditions");
const examples = rowsOf(conditions, ["expression", "attributes", "outcome"]);
const compiler = createConditionCompiler();

/** As the page says it: `true`, `false`, `error: message`, `refused: message`. */
function outcomeOf(expression: string, attributes: ValueMap): string {
  const compiled = compiler.compile(expression);
  if (!compiled.ok) return `refused: ${compiled.message}`;
  const result = evaluateCondition(compiled.expression, conditionResolver({}, attributes));
  return result.outcome === "error" ? `error: ${result.message}` : result.outcome;
}

describe("every example of the page", () => {
  it("there are some for every heading", () => {
    expect(examples.length).toBeGreaterThan(70);
  });

  it.each(examples)("%s with %s: %s", (expression, attributes, outcome) => {
    const [kind = "", message = ""] = outcome.split(/: (.*)/s);
    const said = outcomeOf(expression, JSON.parse(attributes) as ValueMap);
    expect(said.split(":")[0]).toBe(kind);
    expect(said).toContain(message);
  });
});

describe("the page's limits are those of the code", () => {
  const limits = rowsOf(conditions, ["limit", "value", "beyond it"]);
  const chain = (count: number): string => Array.from({ length: count }, () => "a").join("&&");
  const list = (count: number): string => `a in [${"1,".repeat(count)}]`;
  const isRefused: Readonly<Record<string, (limit: number) => boolean>> = {
    length: (limit) => !compiler.compile("x".repeat(limit)).ok,
    "parentheses, brackets and points inside one another": (limit) =>
      !compiler.compile(`${"(".repeat(limit - 1)}a${")".repeat(limit - 1)}`).ok,
    "links of a chain of `&&`, and levels of any kind": (limit) =>
      !compiler.compile(chain(limit)).ok,
    "elements of a list": (limit) => !compiler.compile(list(limit)).ok,
  };

  it.each(Object.entries(isRefused))("%s", (name, refused) => {
    const [, value = ""] = limits.find(([limit]) => limit === name) ?? [];
    const limit = Number(/[\d,]+/.exec(value)?.[0].replaceAll(",", ""));
    expect([limit, limit + 1].map(refused)).toEqual([false, true]);
  });

  it("steps", () => {
    expect(limits.find(([limit]) => limit?.startsWith("steps"))?.[1]).toBe(
      MAX_STEPS.toLocaleString("en-US"),
    );
  });
});
