import { describe, expect, it } from "vitest";
import { readTexts, setOf } from "../../support/policy-texts.js";

const P = '{"type": "t", "rules": [{"action": "deny", "match": {"a": 1, "b": [2]}}]}';
const main = (policies: string, more = ""): string => `{${more} "policies": ${policies}}`;
const sources = (file: string, defaults?: string): [string, string][] =>
  setOf(readTexts(file, defaults)).policies.map(({ policy, source }) => [policy.id, source]);

describe("the effective set of both files", () => {
  const defaults = `{"policies": [{"id": "a", "type": "t", "rules": []}, {"id": "b", "type": "t", "rules": []}]}`;

  it("has the defaults and the main file's policies", () => {
    expect(sources(main(`{"c": ${P}}`), defaults)).toEqual([
      ["a", "default_file"],
      ["b", "default_file"],
      ["c", "file"],
    ]);
  });

  it("takes the main file's policy where both have the id", () => {
    expect(sources(main(`{"b": ${P}}`), defaults)).toEqual([
      ["a", "default_file"],
      ["b", "file"],
    ]);
  });

  it("leaves out what the main file deletes", () => {
    expect(sources(main("{}", '"deleted": ["a"],'), defaults)).toEqual([["b", "default_file"]]);
  });

  it("reads both forms in either file", () => {
    const list = '{"policies": [{"id": "b", "type": "t", "rules": []}]}';
    expect(sources(list, main(`{"c": ${P}}`))).toEqual([
      ["b", "file"],
      ["c", "default_file"],
    ]);
  });

  it.each([
    ["an object", '{"policies": {}}'],
    ["a list", '{"policies": []}'],
  ])("is good without policies, as %s", (_form, text) => {
    expect(setOf(readTexts(text)).policies).toEqual([]);
  });

  it("keeps each policy as it was written, with its id and its unknown keys", () => {
    const text = main('{"a": {"type": "t", "rules": [], "owner": {"team": "x"}}}');
    expect(setOf(readTexts(text)).policies[0]?.document).toEqual({
      id: "a",
      type: "t",
      rules: [],
      owner: { team: "x" },
    });
  });

  it("has the version of the main file", () => {
    const versioned = main("{}", '"version": 7,');
    expect(setOf(readTexts(versioned, main("{}", '"version": 9,'))).fileVersion).toBe(7);
    expect(setOf(readTexts(main("{}"), main("{}", '"version": 9,'))).fileVersion).toBeUndefined();
  });
});

describe("the content hash", () => {
  const hash = (file: string, defaults?: string): string =>
    setOf(readTexts(file, defaults)).contentHash;
  const reordered = '{"rules": [{"match": {"b": [2], "a": 1}, "action": "deny"}], "type": "t"}';
  const original = hash(main(`{"a": ${P}, "b": ${P}}`));

  it("is a SHA-256 in hexadecimal", () => {
    expect(original).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[says: string, file: string, defaults?: string]>([
    ["the order of keys", main(`{"a": ${reordered}, "b": ${P}}`)],
    ["the order of policies", main(`{"b": ${P}, "a": ${P}}`)],
    [
      "the form of the file",
      `{"policies": [{"id": "b", ${P.slice(1)}, {"id": "a", ${P.slice(1)}]}`,
    ],
    ["white space", main(`{ "a":\n\t${P} , "b": ${P}}`)],
    ["the file's bookkeeping", main(`{"a": ${P}, "b": ${P}}`, '"version": 9, "updated_at": 1.5,')],
    [
      "a policy's bookkeeping",
      main(`{"a": {"version": 3, "updated_at": 1, ${P.slice(1)}, "b": ${P}}`),
    ],
    ["which file a policy is in", main(`{"a": ${P}}`), main(`{"b": ${P}}`)],
    ["what the main file overrides", main(`{"a": ${P}, "b": ${P}}`), main(`{"b": ${reordered}}`)],
  ])("ignores %s", (_says, file, defaults) => {
    expect(hash(file, defaults)).toBe(original);
  });

  it.each<[says: string, file: string]>([
    ["a value", main(`{"a": ${P}, "b": ${P.replace("2", "3")}}`)],
    ["a type of value", main(`{"a": ${P}, "b": ${P.replace("2", '"2"')}}`)],
    ["an unknown key of a policy", main(`{"a": ${P}, "b": {"owner": "x", ${P.slice(1)}}`)],
    ["a description", main(`{"a": ${P}, "b": {"description": "x", ${P.slice(1)}}`)],
    ["a missing policy", main(`{"a": ${P}}`)],
    [
      "a parameter called version",
      main(`{"a": ${P}, "b": ${P.replace('"match"', '"parameters": {"version": 1}, "match"')}}`),
    ],
  ])("changes with %s", (_says, file) => {
    expect(hash(file)).not.toBe(original);
  });

  it("gives each policy an etag of its own content", () => {
    const etags = setOf(readTexts(main(`{"a": ${P}, "b": ${P}}`))).policies.map(({ etag }) => etag);
    expect(new Set(etags).size).toBe(2);
    expect(setOf(readTexts(main(`{"a": ${reordered}}`))).policies[0]?.etag).toBe(etags[0]);
  });
});
