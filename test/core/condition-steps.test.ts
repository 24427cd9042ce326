import { describe, expect, it } from "vitest";
import {
  conditionResolver,
  evaluateCondition,
  MAX_STEPS,
} from "../../src/core/evaluate-condition.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { evaluateText, expressionOf, says } from "../support/conditions.js";

/** The least bound under which the condition has an answer: what it takes, as a count. */
function stepsOf(text: string, attributes: ValueMap): number {
  const expression = expressionOf(text);
  const fits = (maxSteps: number): boolean => {
    const result = evaluateCondition(expression, conditionResolver({}, attributes), maxSteps);
    return result.outcome !== "error" || !result.message.includes("takes more than");
  };
  let [tooFew, enough] = [0, MAX_STEPS + 1];
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (fits(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const map = (count: number): ValueMap =>
  Object.fromEntries(numbers(count).map((key) => [`k${key}`, key]));
const x = (count: number): string => "x".repeat(count);

describe("what a condition takes", () => {
  // prettier-ignore
  it.each<[says: string, text: string, attributes: ValueMap, steps: number]>([
    ["a name takes 1 step",                              "a",                       { a: true },                               1],
    ["every part that is evaluated takes 1",             "a > 1 && b",              { a: 2, b: true },                         5],
    ["what is not evaluated takes none",                 "a && b && c",             { a: false },                              3],
    ["of two branches only the one taken counts",        "a ? b : c > 1 && c < 5",  { a: true, b: true },                      3],
    ["a list of literals takes 1, made once",            "a in [1, 2, 3]",          { a: 1 },                                  4],
    ["`in` takes 1 for every element looked at",         "a in [1, 2, 3]",          { a: 3 },                                  6],
    ["a list with names takes 1 for each as well",       "a in [b, 2, 3]",          { a: 1, b: 1 },                            7],
    ["a list of the request counts alike",               "'no' in tags",            { tags: numbers(1000) },                1003],
    ["two lists of one length take 1 for every pair",    "a == b",                  { a: numbers(1000), b: numbers(1000) }, 1003],
    ["two lists of different lengths are unequal at once", "a == b",                { a: numbers(1000), b: numbers(999) },     3],
    ["nested lists count every pair",                    "a == b",                  { a: [numbers(10)], b: [numbers(10)] },   14],
    ["two maps take 1 for every key",                    "a == b",                  { a: map(200), b: map(200) },            203],
    ["the size of a map takes 1 for every key",          "size(a) > 0",             { a: map(200) },                         204],
    ["the size of a list takes none",                    "size(a) > 0",             { a: numbers(1000) },                      4],
    ["the size of a text takes 1 for 64 characters",     "size(a) > 0",             { a: x(6400) },                          104],
    ["texts of one length take 1 for 64 characters",     "a == b",                  { a: x(6400), b: x(6400) },              103],
    ["texts of different lengths are unequal at once",   "a == b",                  { a: x(6400), b: x(6401) },                3],
    ["a start is looked for once",                       "a.startsWith(b)",         { a: x(8192), b: x(640) },                13],
    ["an end is looked for once",                        "a.endsWith(b)",           { a: x(8192), b: x(640) },                13],
    ["a search of a short text takes 1 for 64 characters", "a.contains('y')",       { a: x(6400) },                          103],
    ["a search of a long text takes that 1 more time for every 8 of its own", "a.contains(b)", { a: x(6400), b: `${x(39)}y` }, 603],
    ["a search for more than there is takes none",       "a.contains(b)",           { a: x(640), b: x(6400) },                 3],
    ["joining texts takes 1 for 64 characters",          "size(a + a) > 0",         { a: x(6400) },                          406],
    ["a number in a long text is read once",             "a > 1",                   { a: "1".repeat(640) },                   13],
    ["on the right as well",                             "1 < a",                   { a: "1".repeat(640) },                   13],
  ])("%s", (_says, text, attributes, steps) => {
    expect(stepsOf(text, attributes)).toBe(steps);
  });
});

/** Conditions as dear as 4,096 characters and a request's limits can make them. */
const long = numbers(1000).map((index) => String(index).padStart(8000, "x"));
// prettier-ignore
const adversarial: readonly [says: string, text: string, attributes: ValueMap][] = [
  ["100 times `in` a list of 1,000",            chain("v in tags", 100, "||"),          { v: "no", tags: numbers(1000) }],
  ["100 times `==` of lists of 1,000",          chain("a == b", 100, "&&"),             { a: numbers(1000), b: numbers(1000) }],
  ["lists of lists",                            chain("a == b", 100, "&&"),             { a: nested(7), b: nested(7) }],
  ["`in` a list of lists",                      chain("a in b", 100, "||"),             { a: [...numbers(999), "y"], b: numbers(1000).map(() => numbers(1000)) }],
  ["`in` long texts that differ at their end",  chain("v in tags", 10, "||"),           { v: "x".repeat(8000), tags: long }],
  ["a search that compares nearly everything",  "a.contains(b)",                        { a: "a".repeat(8192), b: `${"a".repeat(2000)}b${"a".repeat(2000)}` }],
  ["200 searches in a long text",               chain("a.contains('y')", 200, "||"),    { a: "x".repeat(8192) }],
  ["a text that doubles and doubles",           `size(${chain("a", 450, "+")}) > 0`,    { a: "x".repeat(8192) }],
];

function chain(text: string, times: number, operator: string): string {
  return Array.from({ length: times }, () => text).join(operator);
}

function nested(depth: number): Value {
  return depth === 0 ? numbers(4) : numbers(4).map(() => nested(depth - 1));
}

describe("a condition that takes too much", () => {
  it.each(adversarial)("%s is an error", (_says, text, attributes) => {
    expect(evaluateText(text, attributes)).toEqual({
      outcome: "error",
      message: "the condition takes more than 10000 steps",
      missingAttributes: [],
    });
  });

  it.each(["||", "&&"])("is not absorbed by what follows: %s", (operator) => {
    const attributes = { v: "no", tags: numbers(1000) };
    const dear = chain("v in tags", 11, "||");
    const absorbing = operator === "||" ? "true" : "false";
    expect(says(`(${dear}) ${operator} ${absorbing}`, attributes)).toMatch(/takes more than/);
    expect(says(`${absorbing} ${operator} (${dear})`, attributes)).toBe(absorbing);
  });

  it("is far from what the limits of a request allow a person's condition to take", () => {
    const attributes = { v: "no", tags: numbers(1000), a: "x".repeat(8192) };
    const text = "v in tags || a.contains('abc') || v in tags || a.startsWith('y')";
    expect(stepsOf(text, attributes)).toBeLessThan(MAX_STEPS / 4);
  });
});
