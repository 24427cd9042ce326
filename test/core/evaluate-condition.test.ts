import { describe, expect, it } from "vitest";
import { conditionNames } from "../../src/core/evaluate-condition.js";
import type { ValueMap } from "../../src/core/values.js";
import { evaluateText, expressionOf, missingNames, says } from "../support/conditions.js";

type Row = [says: string, text: string, attributes: ValueMap, expected: string];

describe("the result of a condition", () => {
  it.each<Row>([
    ["true is true", "a", { a: true }, "true"],
    ["false is false", "a", { a: false }, "false"],
    ["a number is an error", "a", { a: 1 }, "the condition is number, not true or false"],
    ["text is an error", "a", { a: "true" }, "the condition is text, not true or false"],
    ["a list is an error", "a", { a: [] }, "the condition is list, not true or false"],
    ["a map is an error", "a", { a: {} }, "the condition is map, not true or false"],
    ["null is an error", "null", {}, "the condition is null, not true or false"],
    ["a bare word is a missing attribute", "a == tcp", { a: "tcp" }, "attribute `tcp` is missing"],
    ["TRUE is a bare word", "a == TRUE", { a: true }, "attribute `TRUE` is missing"],
    ["none is a bare word", "a == none", { a: true }, "attribute `none` is missing"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("`&&`, `||` and `!`", () => {
  it.each<Row>([
    ["false absorbs a missing name on its right", "false && x", {}, "false"],
    ["false absorbs a missing name on its left", "x && false", {}, "false"],
    ["true absorbs a missing name on its right", "true || x", {}, "true"],
    ["true absorbs a missing name on its left", "x || true", {}, "true"],
    ["true does not absorb in `&&`", "true && x", {}, "attribute `x` is missing"],
    ["false does not absorb in `||`", "x || false", {}, "attribute `x` is missing"],
    ["a number is absorbed like an error by `&&`", "5 && false", {}, "false"],
    ["a number is absorbed like an error by `||`", "'a' || true", {}, "true"],
    ["a number in `&&` is an error", "5 && true", {}, "`&&` needs true or false, got number"],
    ["text in `||` is an error", "false || 'a'", {}, "`||` needs true or false, got text"],
    ["an absorbed error leaves no trace", "(x > 1 && false) || y", { y: true }, "true"],
    ["`!` of true is false", "!true", {}, "false"],
    ["`!` of a number is an error", "!a", { a: 0 }, "`!` needs true or false, got number"],
    ["`!` of a missing name is an error", "!a", {}, "attribute `a` is missing"],
    ["`!` binds tighter than `>`", "!x > 5", { x: 7 }, "`!` needs true or false, got number"],
    ["`NOT` binds looser than `>`", "NOT x > 5", { x: 7 }, "false"],
    ["`NOT` binds tighter than `AND`", "NOT a == 1 AND b", { a: 2, b: false }, "false"],
    [
      "both kinds of failure are told",
      "x && 5",
      {},
      "attribute `x` is missing; `&&` needs true or false, got number",
    ],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("`has`", () => {
  it.each<Row>([
    ["is true for a name that is there", "has(a)", { a: 0 }, "true"],
    ["is true for a name that is false", "has(a)", { a: false }, "true"],
    ["is false for a name that is not", "has(a)", {}, "false"],
    ["is false for null", "has(a)", { a: null }, "false"],
    ["takes a dotted name, nested", "has(a.b)", { a: { b: 1 } }, "true"],
    ["takes a dotted name, flat", "has(a.b)", { "a.b": 1 }, "true"],
    ["is false when an inner map is missing", "has(a.b.c)", { a: 1 }, "false"],
    ["knows own keys only", "has(constructor)", {}, "false"],
    ["knows own keys only, nested", "has(a.toString)", { a: {} }, "false"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("`missingAttributes`", () => {
  it.each<[says: string, text: string, attributes: ValueMap, names: string[] | undefined]>([
    ["both sides of `&&`", "a && b", {}, ["a", "b"]],
    ["both sides of `||`", "a || b", {}, ["a", "b"]],
    ["both sides of a comparison", "a >= b", {}, ["a", "b"]],
    ["both sides of an equality", "a == b", {}, ["a", "b"]],
    ["both sides of arithmetic", "a + b > c", {}, ["a", "b", "c"]],
    ["each once", "a > 1 && a < b || a", {}, ["a", "b"]],
    ["in the order of the text", "b && a && c.d", {}, ["b", "a", "c.d"]],
    ["dotted as written", "client.trust_score < 1", { client: {} }, ["client.trust_score"]],
    ["not an absorbed side", "(a && false) || b", {}, ["b"]],
    ["not what is present", "a > 1 && b > 1", { a: 2 }, ["b"]],
    ["of `?:` the branch taken", "c ? a : b", { c: true }, ["a"]],
    ["of `?:` the other branch taken", "c ? a : b", { c: false }, ["b"]],
    ["of `?:` only the test, if that fails", "c ? a : b", {}, ["c"]],
    ["never by `has`", "has(a) && b", { b: 1 }, undefined],
    ["empty for other errors", "a > 'x'", { a: 1 }, []],
    ["what is missing beside another error", "a && b > 'x'", { b: 1 }, ["a"]],
    ["under `!`", "!a", {}, ["a"]],
    ["in a list", "1 in [a, 2, b]", {}, ["a", "b"]],
  ])("%s", (_says, text, attributes, names) => {
    expect(missingNames(evaluateText(text, attributes))).toEqual(names);
  });
});

describe("`?:`", () => {
  it.each<Row>([
    ["takes the first branch when true", "a ? b == 1 : x", { a: true, b: 1 }, "true"],
    ["takes the second when false", "a ? x : b == 1", { a: false, b: 2 }, "false"],
    ["needs a boolean", "a ? true : false", { a: 1 }, "`?:` needs true or false, got number"],
  ])("%s", (_says, text, attributes, expected) => {
    expect(says(text, attributes)).toBe(expected);
  });
});

describe("name resolution", () => {
  it.each<
    [says: string, text: string, parameters: ValueMap, attributes: ValueMap, expected: string]
  >([
    ["parameters come first", "a == 1", { a: 1 }, { a: 2 }, "true"],
    ["then attributes", "a == 2", {}, { a: 2 }, "true"],
    ["a flat name wins over a nested one", "a.b == 1", {}, { "a.b": 1, a: { b: 2 } }, "true"],
    [
      "a nested parameter wins over a flat attribute",
      "a.b == 1",
      { a: { b: 1 } },
      { "a.b": 2 },
      "true",
    ],
    [
      "a parameter hides nothing but its own name",
      "node.id == 3",
      { node: 1 },
      { node: { id: 3 } },
      "true",
    ],
    ["a parameter that is null falls through", "a == 2", { a: null }, { a: 2 }, "true"],
    [
      "a nested parameter that is null falls through",
      "a.b == 2",
      { a: { b: null } },
      { a: { b: 2 } },
      "true",
    ],
    ["a parameter that is false does not", "a == false", { a: false }, { a: true }, "true"],
    ["own keys only", "constructor == 1", {}, {}, "attribute `constructor` is missing"],
    [
      "nothing is inside a text",
      "a.length == 1",
      {},
      { a: "x" },
      "attribute `a.length` is missing",
    ],
    [
      "nothing is inside a list",
      "a.length == 1",
      {},
      { a: [1] },
      "attribute `a.length` is missing",
    ],
  ])("%s", (_says, text, parameters, attributes, expected) => {
    expect(says(text, attributes, parameters)).toBe(expected);
  });
});

describe("`conditionNames`", () => {
  it.each<[says: string, text: string, names: string[][]]>([
    ["each once, in order", "b > a && b < 3", [["b"], ["a"]]],
    ["dotted as one name", "client.trust_score < 0.3", [["client", "trust_score"]]],
    [
      "under `has`, functions, lists and branches",
      "has(a) ? b.size() > -c : d in [e, 1]",
      [["a"], ["b"], ["c"], ["d"], ["e"]],
    ],
    ["in both operands of a text function", "a.startsWith(b) || !c", [["a"], ["b"], ["c"]]],
    ["a dotted name beside one without the dot", "a.b || ab", [["a", "b"], ["ab"]]],
    ["none in literals", "1 < 2", []],
  ])("%s", (_says, text, names) => {
    expect(conditionNames(expressionOf(text))).toEqual(names);
  });
});
