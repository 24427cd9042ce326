import { describe, expect, it } from "vitest";
import { issuesOf, readTexts, withRules } from "../../support/policy-texts.js";
import { refuses } from "../../support/refuses.js";

const rule = (members: string, type?: string): string =>
  withRules(`\n  {"action": "deny", "match": {"operation": "x"}, ${members}}`, type);
const R = '"rules": []';

describe("text that is not strict JSON is refused", () => {
  refuses([
    ["an empty file", "▶", "", "the file is empty", '{"version"'],
    ["a line comment", '{\n  ▶// why\n  "policies": {}}', "", "no comments", "remove"],
    ["a block comment", '{"policies": ▶/* why */ {}}', "policies", "no comments"],
    ["a trailing comma in an object", '{"policies": {}▶,\n}', "", 'a comma before "}"', "remove"],
    ["a trailing comma in a list", '{"policies": [▶,]}', "policies[0]", "expected a value"],
    ["single quotes", "{▶'policies': {}}", "", "double quotes"],
    ["a value in single quotes", "{\"policies\": ▶'x'}", "policies", "expected a value", "double"],
    ["a text that is not closed", '{"policies": ▶"x', "policies", "not closed"],
    ["an unknown escape", String.raw`{"policies": ▶"\x"}`, "policies", "escape"],
    ["a missing comma", '{"a": 1 ▶"b": 2}', "", 'expected "," or "}"'],
    ["a missing colon", '{"a" ▶1}', "a", 'expected ":"'],
    ["a bare word", '{"policies": ▶yes}', "policies", "found `yes`"],
    ["an incomplete number", '{"version": ▶1., "policies": {}}', "version", "a complete number"],
    ["a number with a leading zero", '{"version": 0▶1}', "", 'expected ","'],
    ["a text that ends too early", '{"policies": {▶', "policies", "the text ends where"],
    ["two documents in one file", '{"policies": {}}\n▶{"policies": {}}', "", "end of the text"],
    ["a key twice", '{"policies": {},\n ▶"policies": {}}', "policies", "there twice", "keep one"],
    [
      "a key twice anywhere, also deep in bookkeeping",
      '{"policies": {}, "history": [{"a": {"b": 1, ▶"b": 1}}]}',
      "history[0].a.b",
      "the key `b` is there twice",
    ],
    [
      "the same policy id twice",
      `{"policies": {"p": {"type": "t", ${R}},\n ▶"p": {"type": "t", ${R}}}}`,
      "policies.p",
      "there twice",
    ],
    [
      "a number that is not finite",
      rule('"parameters": {"limit": ▶1e999}'),
      "policies.p.rules[0].parameters.limit",
      "too large",
    ],
    [
      "half a surrogate pair",
      String.raw`{"policies": {}, "note": ▶"\ud800"}`,
      "note",
      "surrogate pair",
    ],
    ["nesting deeper than 100", `${"[".repeat(100)}▶[`, "[0]".repeat(100), "nested deeper"],
    ["nesting a million deep", `${"[".repeat(100)}▶[`.repeat(1e6), "[0]".repeat(100), "100"],
  ]);

  it("every duplicate key is named, not only the first", () => {
    const load = readTexts('{"policies": {}, "a": 1, "a": 2, "b": {"c": 1, "c": 1}}');
    const errors = issuesOf(load).filter(({ severity }) => severity === "error");
    expect(errors.map(({ path, column }) => [path, column])).toEqual([
      ["a", 26],
      ["b.c", 48],
    ]);
  });
});

describe("a document that is no policy file is refused", () => {
  refuses([
    ["a list", "▶[]", "", "must be an object with the key `policies`"],
    ["a text", '▶"policies"', "", "must be an object"],
    ["no policies", '▶{"version": 1}', "policies", "is missing"],
    ["policies that are a text", '{"policies": ▶"all"}', "policies", "must be an object of"],
    ["policies that are null", '{"policies": ▶null}', "policies", "must be an object of"],
    ["version 0", '{"version": ▶0, "policies": {}}', "version", "at least 1, got 0"],
    ["a version with a fraction", '{"version": ▶1.5, "policies": {}}', "version", "whole number"],
    ["a version as text", '{"version": ▶"2", "policies": {}}', "version", 'got "2"'],
    ["deleted that is no list", '{"policies": {}, "deleted": ▶"p"}', "deleted", "must be a list"],
    ["deleted with a number", '{"policies": {}, "deleted": [▶7]}', "deleted[0]", "must be text"],
    [
      "an id both in policies and in deleted",
      `{"policies": {"p": {"type": "t", ${R}}}, "deleted": [▶"p"]}`,
      "deleted[0]",
      "both in `policies` and in `deleted`",
      "keep one",
    ],
  ]);
});
