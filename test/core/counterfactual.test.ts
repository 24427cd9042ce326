import { describe, expect, it } from "vitest";
import { findChange, SEARCH_STEPS, withChanges } from "../../src/core/counterfactual.js";
import type { AttributeChange } from "../../src/core/decision.js";
import type { Rule } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { type Given, policyOf, rulesOf, search } from "../support/change-search.js";
import { snapshot } from "../support/rules.js";

const WEB: Given = { action: "allow", match: { protocol: "tcp", dst_type: "web", dst_port: 80 } };
const change = (attribute: string, from: Value | undefined, to: Value | undefined) => ({
  attribute,
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});

describe("the change that turns a denial", () => {
  // prettier-ignore
  it.each<[says: string, rules: Given[], attributes: ValueMap, changes: AttributeChange[]]>([
    ["is the one field that the nearest allow rule misses",
      [{ action: "allow", match: { protocol: "udp", dst_type: "x", dst_port: 1 } }, WEB],
      { protocol: "tcp", dst_type: "web", dst_port: 81 }, [change("dst_port", 81, 80)]],
    ["names every field that is missing",
      [WEB], { protocol: "tcp" }, [change("dst_type", undefined, "web"), change("dst_port", undefined, 80)]],
    ["is the first port beyond what is denied",
      [{ action: "deny", match: { dst_port: "22-79" } }, { action: "allow" }],
      { dst_port: 22 }, [change("dst_port", 22, 80)]],
    ["is the first address after a denied prefix",
      [{ action: "deny", match: { src_ip: "10.0.0.0/8" } }, { action: "allow" }],
      { src_ip: "10.1.2.3" }, [change("src_ip", "10.1.2.3", "11.0.0.0")]],
    ["is an address inside an allowed prefix, not the network itself",
      [{ action: "allow", match: { src_ip: "10.0.0.0/8" } }],
      { src_ip: "1.1.1.1" }, [change("src_ip", "1.1.1.1", "10.0.0.1")]],
    ["is a number at the edge of a comparison, the parameter's name read",
      [{ action: "deny", condition: "load >= most", parameters: { most: 90 } }, { action: "allow" }],
      { load: 95 }, [change("load", 95, 89)]],
    ["steps by the last decimal that the author wrote",
      [{ action: "deny", condition: "score <= 0.3" }, { action: "allow" }],
      { score: 0.1 }, [change("score", 0.1, 0.4)]],
    ["supplies an attribute whose absence made a rule err",
      [{ action: "deny", condition: "load > 90" }, { action: "allow" }],
      {}, [change("load", undefined, 90)]],
    ["satisfies both sides of an and",
      [{ action: "allow", condition: "a == 1 && b == \"x\"" }],
      {}, [change("a", undefined, 1), change("b", undefined, "x")]],
    ["satisfies the cheaper side of an or",
      [{ action: "allow", condition: "(a == 1 && b == 2) || c in [3, 4]" }],
      {}, [change("c", undefined, 3)]],
    ["wakes no rule that would deny instead",
      [{ action: "deny", match: { b: "x", a: "x" } }, { action: "allow", match: { b: "x" } }],
      { a: "x" }, [change("b", undefined, "x"), change("a", "x", undefined)]],
    ["lets a rule be reached that another stood before",
      [{ action: "deny", match: { a: "x" } }, { action: "allow", match: { a: ["x", "y"] } }],
      { a: "x" }, [change("a", "x", "y")]],
    ["leaves an attribute out where nothing else helps",
      [{ action: "deny", match: { phone: true } }, { action: "allow" }],
      { phone: true }, [change("phone", true, undefined)]],
    ["leaves out nested attributes by their dotted name",
      [{ action: "deny", match: { "device.os": "old" } }, { action: "allow" }],
      { device: { os: "old", id: 7 } }, [change("device.os", { os: "old" }.os, undefined)]],
  ])("%s", (_says, rules, attributes, changes) => {
    const found = search(snapshot([policyOf(rules)]), "network_security", attributes);
    expect(found.allowed).toBe(false);
    expect(found.changes).toEqual(changes);
    expect(found.allowedWith(changes)).toBe(true);
  });

  // prettier-ignore
  it.each<[says: string, rules: Given[]]>([
    ["a rule that denies everything",          [{ action: "deny" }, WEB]],
    ["no rule that allows",                    [{ action: "deny", match: { dst_port: 1 } }]],
    ["a condition on the engine's own clock",  [{ action: "allow", condition: "engine.hour == 25" }]],
    ["a field of the engine's own",            [{ action: "allow", match: { "engine.hour": 25 } }]],
    ["a condition of no simple form",          [{ action: "allow", condition: "a * a == b + 3" }]],
  ])("is not claimed for %s", (_says, rules) => {
    const attributes = { dst_port: 1, a: 1, b: 1, engine: { hour: 3 } };
    const found = search(snapshot([policyOf(rules)]), "network_security", attributes);
    expect(found.changes).toBeUndefined();
  });
});

/** So many rules that no combination of what they know is left to be tried but for the first few. */
const CROWD: readonly Given[] = Array.from({ length: 70 }, (_, rule) => ({
  action: "allow",
  match: Object.fromEntries(Array.from({ length: 7 }, (_none, key) => [`far${rule}_${key}`, "x"])),
}));
const missing = (...names: string[]) => names.map((name) => change(name, undefined, "x"));
const leftOut = (...names: string[]) => names.map((name) => change(name, "x", undefined));
const ABCDEF = { a: "x", b: "x", c: "x", d: "x", e: "x", f: "x" };
const deny = (name: string): Given => ({ action: "deny", match: { [name]: "x" } });

describe("among many rules", () => {
  // prettier-ignore
  it.each<[says: string, rules: Given[], attributes: ValueMap, changes: AttributeChange[] | undefined]>([
    ["the nearest rule is found wherever it stands",
      [{ action: "allow", match: { a: "x", b: "x", c: "x" } }],
      {}, missing("a", "b", "c")],
    ["the nearest may need a value for its condition as well",
      [{ action: "allow", match: { a: "x", b: "x" }, condition: "c == \"x\"" }],
      {}, missing("a", "b", "c")],
    ["six changes are found",
      [{ action: "allow", match: ABCDEF }],
      {}, missing("a", "b", "c", "d", "e", "f")],
    ["seven are not looked for",
      [{ action: "allow", match: { ...ABCDEF, g: "x" } }],
      {}, undefined],
    ["all rules that stand in the way are broken",
      [deny("a"), deny("b"), deny("c"), { action: "allow" }],
      { a: "x", b: "x", c: "x" }, leftOut("a", "b", "c")],
    ["those that do not hold are left alone",
      [{ action: "deny", match: { dst_port: 80 } }, ...Object.keys(ABCDEF).map(deny), { action: "allow" }],
      { ...ABCDEF, dst_port: 81 }, leftOut("a", "b", "c", "d", "e", "f")],
    ["what only configures stands in no way",
      [{ action: "configure" }, deny("a"), deny("b"), { action: "allow" }],
      { a: "x", b: "x" }, leftOut("a", "b")],
    ["a rule is made to hold and others not to",
      [deny("c"), { action: "allow", match: { a: "x", b: "x" } }],
      { c: "x" }, [...missing("a", "b"), ...leftOut("c")]],
  ])("%s", (_says, rules, attributes, changes) => {
    const set = snapshot([policyOf([...CROWD, ...rules])]);
    expect(search(set, "network_security", attributes).changes).toEqual(changes);
  });

  it.each<[says: string, off: Partial<Rule>]>([
    ["a rule that is switched off stands in no way", { enabled: false }],
    ["nor one that cannot be evaluated", { unevaluable: "no such function" }],
  ])("%s", (_says, off) => {
    const rules = rulesOf([
      ...CROWD,
      { action: "deny" },
      deny("a"),
      deny("b"),
      { action: "allow" },
    ]);
    const withOneOff = rules.map((one) => (one.index === CROWD.length ? { ...one, ...off } : one));
    const set = snapshot([policyOf([], { rules: withOneOff, onError: "skip" })]);
    const found = search(set, "network_security", { a: "x", b: "x" });
    expect(found.changes).toEqual(leftOut("a", "b"));
  });

  it("what turned out not to be needed is left out", () => {
    const set = snapshot([
      policyOf([deny("a"), { action: "allow" }], { id: "decides", priority: 2 }),
      policyOf([deny("b"), ...CROWD], { id: "is never reached", priority: 1 }),
    ]);
    const found = search(set, "network_security", { a: "x", b: "x" });
    expect(found.changes).toEqual(leftOut("a"));
  });

  it("a permission is turned by the nearest rule that denies", () => {
    const denials = CROWD.map((given) => ({ ...given, action: "deny" }));
    const near = { action: "deny", match: { a: "x", b: "x", c: "x" } };
    const set = snapshot([policyOf([...denials, near, { action: "allow" }])]);
    const found = search(set, "network_security", {});
    expect([found.allowed, found.changes]).toEqual([true, missing("a", "b", "c")]);
  });

  it("a type without policies has none that could turn the answer", () => {
    expect(search(snapshot([]), "network_security", {}).changes).toBeUndefined();
  });
});

/** What one evaluation may overdraw: it is not broken off in the middle. */
const OVERDRAFT = 20_000;
const LOCKDOWN: Given = { action: "deny", condition: "engine.hour >= 0" };
const LISTS = Object.fromEntries(
  Array.from({ length: 250 }, (_, key) => [`l${key}`, Array<number>(1000).fill(0)]),
);
const joined = (names: number, operator: string) =>
  Array.from({ length: names }, (_, name) => `a${name}==1`).join(operator);
const sixty = (given: Given) => [LOCKDOWN, ...Array.from({ length: 60 }, () => given)];

describe("a search that meets its bound", () => {
  // prettier-ignore
  it.each<[says: string, rules: Given[], attributes: ValueMap]>([
    ["with many rules",                    CROWD.concat(LOCKDOWN), {}],
    ["with hundreds of comparisons",       sixty({ action: "allow", condition: joined(400, "&&") }), {}],
    ["also where one would do",            sixty({ action: "allow", condition: joined(400, "||") }), {}],
    ["with lists that fields read",        sixty({ action: "allow", match: { l1: ["x", "y"], l2: ["x"], b: 1 } }), LISTS],
    ["with lists that conditions read",    sixty({ action: "allow", condition: "1 in l1 && 1 in l2 && b" }), LISTS],
  ])("costs no more than that and says so: %s", (_says, rules, attributes) => {
    const steps = { left: SEARCH_STEPS };
    const asked = { engine: { hour: 3 }, ...attributes };
    const found = search(snapshot([policyOf(rules)]), "network_security", asked, steps);
    expect([found.changes, found.limited]).toEqual([undefined, true]);
    expect(steps.left).toBeGreaterThan(-OVERDRAFT);
  });

  it("has tried nothing where there was nothing to spend", () => {
    const found = search(snapshot([policyOf([WEB])]), "network_security", {}, { left: 10 });
    expect([found.changes, found.tried, found.limited]).toEqual([undefined, 0, true]);
  });

  it("is not limited where all that rules know was tried", () => {
    const set = snapshot([policyOf([LOCKDOWN, { action: "allow", match: { a: ["x", "y"] } }])]);
    const found = search(set, "network_security", { engine: { hour: 3 } });
    expect([found.changes, found.limited]).toEqual([undefined, false]);
  });

  it("does not look for more changes at once than there are attributes", () => {
    const values = Array.from({ length: 20 }, (_, at) => ({ action: "allow", match: { a: at } }));
    const steps = { left: SEARCH_STEPS };
    const set = snapshot([policyOf([LOCKDOWN, ...values])]);
    search(set, "network_security", { engine: { hour: 3 } }, steps);
    expect(SEARCH_STEPS - steps.left).toBeLessThan(20_000);
  });
});

it("what is found turns nothing with any one change left out, also after others were", () => {
  const fields = Array.from({ length: 33 }, (_, key) => `f${key}`);
  const match = Object.fromEntries(fields.map((name) => [name, ["x", "y", "z"]]));
  const request = accessRequest(
    "network_security",
    Object.fromEntries(fields.map((name) => [name, "x"])),
  );
  const turning = new Set(["a,b,c", "a,c", "c"]);
  const found = findChange({
    snapshot: snapshot([
      policyOf([
        { action: "deny", match },
        { action: "allow", match: { a: 1, b: 1, c: 1 } },
      ]),
    ]),
    request,
    allowed: false,
    steps: { left: SEARCH_STEPS },
    allowedWith: (changes) => turning.has(changes.map(({ attribute }) => attribute).join()),
  });
  expect(found.changes).toEqual([{ attribute: "c", to: 1 }]);
});

describe("withChanges", () => {
  // prettier-ignore
  it.each<[says: string, attributes: ValueMap, changes: AttributeChange[], changed: ValueMap]>([
    ["sets a value",                              { a: 1 }, [{ attribute: "a", to: 2 }], { a: 2 }],
    ["sets a dotted name as one name",            { a: { b: 1 } }, [{ attribute: "a.b", to: 2 }], { a: { b: 1 }, "a.b": 2 }],
    ["leaves out a name",                         { a: 1, b: 2 }, [{ attribute: "a" }], { b: 2 }],
    ["leaves out a nested name",                  { a: { b: 1, c: 2 } }, [{ attribute: "a.b" }], { a: { c: 2 } }],
    ["leaves out a dotted name in both spellings", { "a.b": 1, a: { b: 1 } }, [{ attribute: "a.b" }], { a: {} }],
    ["leaves alone what has no such name in it",  { a: [1] }, [{ attribute: "a.b" }], { a: [1] }],
    ["makes all changes",                         { a: 1 }, [{ attribute: "a" }, { attribute: "b", to: true }], { b: true }],
  ])("%s", (_says, attributes, changes, changed) => {
    const before = structuredClone(attributes);
    expect(withChanges(attributes, changes)).toEqual(changed);
    expect(attributes).toEqual(before);
  });
});
