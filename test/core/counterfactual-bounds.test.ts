import { describe, expect, it } from "vitest";
import { findChange, SEARCH_STEPS } from "../../src/core/counterfactual.js";
import type { AttributeChange } from "../../src/core/decision.js";
import { accessRequest } from "../../src/core/request.js";
import type { ValueMap } from "../../src/core/values.js";
import { type Given, policyOf, search } from "../support/change-search.js";
import { snapshot } from "../support/rules.js";

const LOCKDOWN: Given = { action: "deny", condition: "engine.hour >= 0" };
const ENGINE = { engine: { hour: 3 } };
const many = (count: number, given: (at: number) => Given): Given[] =>
  Array.from({ length: count }, (_, at) => given(at));
const allow = (match: ValueMap): Given => ({ action: "allow", match: { ...match } });
const deny = (match: ValueMap): Given => ({ action: "deny", match: { ...match } });
const names = (count: number): ValueMap =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, "x"]));

describe("a search that finds nothing says whether there was more to try:", () => {
  // prettier-ignore
  it.each<[says: string, rules: readonly Given[], limited: boolean, attributes?: ValueMap]>([
    ["50 rules that would have to hold are all looked at", many(50, () => allow({ a: "y" })), false],
    ["51 are not", many(51, () => allow({ a: "y" })), true],
    ["20 rules that stand in the way are all looked at", many(19, () => deny({ a: "x" })), false, { a: "x" }],
    ["21 are not", many(20, () => deny({ a: "x" })), true, { a: "x" }],
    ["50 other rules are all looked at", many(50, () => allow({})), false],
    ["51 are not", many(51, () => allow({})), true],
    ["all changes of six attributes at once are tried", [allow(names(6))], false],
    ["those of seven are not", [allow(names(7))], true],
    ["255 combinations are tried", [...many(15, (at) => allow({ a: at })), ...many(15, (at) => allow({ b: at }))], false],
    ["288 are not", [...many(16, (at) => allow({ a: at })), ...many(16, (at) => allow({ b: at }))], true],
  ])("%s", (_says, rules, limited, attributes = {}) => {
    const set = snapshot([policyOf([LOCKDOWN, ...rules])]);
    const found = search(set, "network_security", { ...ENGINE, ...attributes });
    expect([found.changes, found.limited]).toEqual([undefined, limited]);
  });
});

describe("a search that finds a change says so too:", () => {
  it.each<[says: string, rules: readonly Given[], limited: boolean]>([
    ["all was looked at", [allow({ a: "y" })], false],
    ["more than 50 rules were there", many(51, () => allow({ a: "y" })), true],
  ])("%s", (_says, rules, limited) => {
    const found = search(snapshot([policyOf(rules)]), "network_security", {});
    expect(found).toMatchObject({ changes: [{ attribute: "a", to: "y" }], limited });
  });
});

describe("what is tried", () => {
  /** Every set of changes that is decided, none of which turns the answer; the names in order. */
  function tried(rules: readonly Given[], attributes: ValueMap = {}): readonly string[] {
    const decided: string[] = [];
    findChange({
      snapshot: snapshot([policyOf(rules)]),
      request: accessRequest("network_security", attributes),
      allowed: false,
      steps: { left: SEARCH_STEPS },
      allowedWith: (changes: readonly AttributeChange[]) => {
        const words = changes.map(({ attribute, to }) => `${attribute}=${JSON.stringify(to)}`);
        decided.push(words.sort().join(" "));
        return false;
      },
    });
    return decided;
  }
  const rules = [allow({ a: 1 }), allow({ a: 2 }), allow({ b: 1 })];

  it("are all combinations of different attributes, and each of several but once", () => {
    const all = tried(rules);
    expect(new Set(all)).toEqual(new Set(["a=1", "a=2", "b=1", "a=1 b=1", "a=2 b=1"]));
    expect(all.filter((one) => one.includes(" ")).sort()).toEqual(["a=1 b=1", "a=2 b=1"]);
  });

  it.each<[says: string, rules: readonly Given[], attributes: ValueMap, attribute: string]>([
    ["no value that the request has", [allow({ a: 1, b: 1 })], { a: 1 }, "a=1"],
    ["none that equals it as a text", [allow({ a: 1, b: 1 })], { a: "1" }, "a=1"],
    ["nothing left out that is absent", [deny({ c: "x" }), ...rules], {}, "c=undefined"],
    ["nothing of the engine's own", [allow({ "engine.hour": 4, b: 1 })], ENGINE, "engine"],
  ])("%s", (_says, given, attributes, attribute) => {
    const all = tried(given, attributes);
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((one) => one.includes(attribute))).toEqual([]);
  });

  it.each<[says: string, attributes: ValueMap, attribute: string]>([
    ["another value", { a: 7 }, "a=1"],
    ["a value that was absent", {}, "a=1"],
  ])("%s", (_says, attributes, attribute) => {
    expect(tried([allow({ a: 1 })], attributes)).toContain(attribute);
  });

  it("an attribute left out, where that is what a rule knows", () => {
    expect(tried([deny({ a: "x" }), allow({})], { a: "x" })).toContain("a=undefined");
  });
});

describe("the steps of a search", () => {
  function spent(rules: readonly Given[], attributes: ValueMap) {
    const steps = { left: SEARCH_STEPS };
    const set = snapshot([policyOf([LOCKDOWN, ...rules])]);
    const { tried } = search(set, "network_security", { ...ENGINE, ...attributes }, steps);
    return { tried, steps: SEARCH_STEPS - steps.left };
  }
  const few = [allow({ a: "y" }), allow({ b: "y" })];

  it("are at least a hundred for each that is tried", () => {
    const { tried, steps } = spent(few, {});
    expect(tried).toBeGreaterThan(2);
    expect(steps).toBeGreaterThan(100 * tried);
  });

  it("are more with more attributes: eight for each, to try and to copy", () => {
    const [plain, wide] = [spent(few, {}), spent(few, names(100))];
    expect(wide.tried).toBe(plain.tried);
    expect(wide.steps - plain.steps).toBeGreaterThanOrEqual(800 * wide.tried);
  });

  it("are more with longer lists that fields read: one for each element", () => {
    const list = Array.from({ length: 500 }, (_, at) => `v${at}`);
    const [plain, long] = [spent(few, { a: ["v0"] }), spent(few, { a: list })];
    expect(long.tried).toBe(plain.tried);
    expect(long.steps - plain.steps).toBeGreaterThanOrEqual(499 * long.tried);
  });
});
