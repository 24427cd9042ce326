import { describe, expect, it } from "vitest";
import { possibleOutcomes } from "../../../src/core/lint/condition-outcomes.js";
import type { ValueMap } from "../../../src/core/values.js";
import { expressionOf } from "../../support/conditions.js";

/** `true false error` as far as each is possible, and why it cannot be true. */
function possible(text: string, parameters: ValueMap = {}): readonly [string, string | undefined] {
  const { why, ...outcomes } = possibleOutcomes(expressionOf(text), parameters);
  const words = (["true", "false", "error"] as const).filter((outcome) => outcomes[outcome]);
  return [words.join(" "), why];
}

const ANYTHING = "true false error";
const NUMBER = "a number is not true or false";

describe("what a condition can come to", () => {
  // prettier-ignore
  it.each<[text: string, parameters: ValueMap, outcomes: string, why?: string]>([
    ["a", {}, ANYTHING],
    ["has(a)", {}, "true false"],
    ["!has(a)", {}, "true false"],
    ["size(a)", {}, "error", NUMBER],
    ["-a", {}, "error", NUMBER],
    ["[a]", {}, "error", "a list is not true or false"],
    ["a + 1", {}, "error", "the result of `+` is not true or false"],
    ["a - 1", {}, "error", "the result of `-` is not true or false"],
    ["a * 1", {}, "error", "the result of `*` is not true or false"],
    ["a / 1", {}, "error", "the result of `/` is not true or false"],
    ["a % 2", {}, "error", "the result of `%` is not true or false"],
    ["1 < 2", {}, "true"],
    ["1 > 2", {}, "false"],
    ["!(1 > 2)", {}, "true"],
    ["'a' < 'b'", {}, "error", "cannot order text and text"],
    ["limit > 3", { limit: 5 }, "true"],
    ["size(limit) == 2", { limit: "ab" }, "true"],
    ["a && true", {}, ANYTHING],
    ["a && false", {}, "false"],
    ["false && a", {}, "false"],
    ["has(a) && has(b)", {}, "true false"],
    ["has(a) && size(b)", {}, "false error", NUMBER],
    ["size(b) && has(a)", {}, "false error", NUMBER],
    ["size(b) && false", {}, "false", NUMBER],
    ["false && size(b)", {}, "false", NUMBER],
    ["size(a) && size(b)", {}, "error", NUMBER],
    ["true && size(b)", {}, "error", NUMBER],
    ["a || false", {}, ANYTHING],
    ["a || true", {}, "true"],
    ["true || a", {}, "true"],
    ["has(a) || has(b)", {}, "true false"],
    ["has(a) || size(b)", {}, "true error", NUMBER],
    ["size(b) || has(a)", {}, "true error", NUMBER],
    ["size(b) || true", {}, "true", NUMBER],
    ["size(a) || size(b)", {}, "error", NUMBER],
    ["false || size(b)", {}, "error", NUMBER],
    ["a ? true : false", {}, ANYTHING],
    ["has(a) ? true : false", {}, "true false"],
    ["has(a) ? true : true", {}, "true"],
    ["has(a) ? has(b) : size(c)", {}, "true false error", NUMBER],
    ["true ? has(a) : size(b)", {}, "true false"],
    ["false ? size(b) : has(a)", {}, "true false"],
    ["size(a) ? true : false", {}, "error", NUMBER],
    ["a.startsWith('x')", {}, ANYTHING],
    ["a.startsWith(limit)", { limit: 5 }, "error", "`startsWith` needs two texts"],
    ["limit.contains(a)", { limit: 5 }, "error", "`contains` needs two texts"],
    ["limit.contains(a)", { limit: "x" }, ANYTHING],
    ["a == 1", {}, ANYTHING],
    ["a != 'x'", {}, ANYTHING],
    ["a < '5'", {}, ANYTHING],
    ["a < 'x'", {}, "error", 'the text "x" cannot be ordered'],
    ["'x' <= a", {}, "error", 'the text "x" cannot be ordered'],
    ["a > limit", { limit: true }, "error", "`true` cannot be ordered"],
    ["a >= limit", { limit: [1] }, "error", "a list cannot be ordered"],
    ["a < limit", { limit: { b: 1 } }, "error", "a map cannot be ordered"],
    ["a < null", {}, "error", "null cannot be ordered"],
    ["a < -1", {}, ANYTHING],
    ["a in limit", { limit: 3 }, "error", "`3` is not a list"],
    ["a in limit", { limit: "x" }, "error", 'the text "x" is not a list'],
    ["a in limit", { limit: [] }, "false error"],
    ["a in limit", { limit: [1] }, ANYTHING],
    ["a in [1, b]", {}, ANYTHING],
    ["1 in a", {}, ANYTHING],
  ])("%s with %j", (text, parameters, outcomes, why) => {
    expect(possible(text, parameters)).toEqual([outcomes, why]);
  });
});

describe("no value is all that is asked of it", () => {
  const parameters = { limit: 2 };
  it.each([
    "a > 3 && a < 3",
    "a > 3 && a <= 3",
    "a >= 3 && a < 3",
    "a > 4 && a < 3",
    "a < 3 && a > 4",
    "3 < a && 3 > a",
    "3 <= a && 2 >= a",
    "a > 5 && a > 3 && a < 4",
    "a < 3 && a < 5 && a > 4",
    "a >= 3 && a > 3 && a <= 3",
    "a > 3 && a >= 3 && a <= 3",
    "a <= 3 && a < 3 && a >= 3",
    "a < 3 && a <= 3 && a >= 3",
    "a == 1 && a == 2",
    "1 == a && 2 == a",
    "a == 1 && a > 1",
    "a == 1 && a >= 2",
    "a == 1 && a < 1",
    "a == 3 && a <= 2",
    "a > 2 && a == 2",
    "a == 'x' && a > 1",
    "a > 1 && a == 'x'",
    "a == true && a > 0",
    "a > 1 && (b && a < 1)",
    "(a > 1 && b) && a < 1",
    "a < 1 && a > limit",
    "limit < a && a < 1",
  ])("%s", (text) => {
    expect(possible(text, parameters)).toEqual([
      "false error",
      "no value of `a` is all that is asked of it",
    ]);
  });

  it("of a dotted name", () => {
    const [, why] = possible("a.b > 1 && a.b < 1");
    expect(why).toBe("no value of `a.b` is all that is asked of it");
  });
});

describe("some value is all that is asked of it", () => {
  const parameters = { limit: 2 };
  it.each([
    "a >= 3 && a <= 3",
    "a > 3 && a < 4",
    "a > 5 && a > 3 && a < 6",
    "a > 3 && a > 5 && a < 6",
    "a < 3 && a < 5 && a > 2",
    "a > 3 && a >= 4 && a <= 4",
    "a < 5 && a <= 4 && a >= 4",
    "a == 1 && a == '1'",
    "a == 3 && a >= 3",
    "a == 3 && a <= 3",
    "a == 4 && a > 3",
    "a == 2 && a < 3",
    "a == 'x' && b > 1",
    "a > 3 && b < 3",
    "a > 3 || a < 3",
    "a != 1 && a == 1",
    "a < b && a > b",
    "a > limit && a < 3",
    "a.b > 1 && ab < 1",
    "a + 1 > 1 && a + 1 < 1",
  ])("%s", (text) => {
    expect(possible(text, parameters)).toEqual([ANYTHING, undefined]);
  });
});
