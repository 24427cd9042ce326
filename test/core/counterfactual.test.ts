import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findChange, MAX_CHANGES_TRIED, withChanges } from "../../src/core/counterfactual.js";
import { decide } from "../../src/core/decide.js";
import type { AttributeChange } from "../../src/core/decision.js";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { CombiningAlgorithm, Policy, Rule } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import type { PolicySnapshot } from "../../src/core/snapshot.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { expressionOf } from "../support/conditions.js";
import { policy, rule, snapshot } from "../support/rules.js";

interface Given {
  readonly action: string;
  readonly match?: Record<string, Value>;
  readonly condition?: string;
  readonly parameters?: ValueMap;
}

function rulesOf(given: readonly Given[]): Rule[] {
  return given.map(({ action, match = {}, condition, parameters = {} }, index) => ({
    ...rule(action, index, parameters),
    target: Object.entries(match).map(([key, value]) => {
      const field = parseTargetField(key, value);
      if (!field.ok) throw new Error(field.problem);
      return field.value;
    }),
    ...(condition !== undefined && {
      condition: { text: condition, expression: expressionOf(condition) },
    }),
  }));
}

function policyOf(rules: readonly Given[], overrides: Partial<Policy> = {}): Policy {
  return policy("p", "", { rules: rulesOf(rules), ...overrides });
}

function search(set: PolicySnapshot, type: string, attributes: ValueMap) {
  const answer = (asked: ValueMap) => decide(set, accessRequest(type, asked));
  const { allowed } = answer(attributes);
  const allowedWith = (changes: readonly AttributeChange[]) =>
    answer(withChanges(attributes, changes)).allowed;
  return {
    allowed,
    allowedWith,
    ...findChange({
      snapshot: set,
      request: accessRequest(type, attributes),
      ...{ allowed, allowedWith },
    }),
  };
}

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
    ["a condition of no simple form",          [{ action: "allow", condition: "a * a == b + 3" }]],
  ])("is not claimed for %s", (_says, rules) => {
    const attributes = { dst_port: 1, a: 1, b: 1, engine: { hour: 3 } };
    const found = search(snapshot([policyOf(rules)]), "network_security", attributes);
    expect(found.changes).toBeUndefined();
  });
});

const NAMES = ["a", "b", "c"] as const;
const VALUES = ["x", "y", "z"] as const;

const given = fc.record({
  action: fc.constantFrom("allow", "allow", "deny", "configure"),
  match: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom<Value>(...VALUES, ["x", "y"]), {
    minKeys: 0,
    maxKeys: 3,
  }),
});
const combining = fc.constantFrom<CombiningAlgorithm>(
  "first-applicable",
  "deny-overrides",
  "permit-overrides",
);
const situation = fc.record({
  policies: fc
    .array(
      fc.record({
        rules: fc.array(given, { maxLength: 4 }),
        combining,
        priority: fc.nat({ max: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((list) =>
      list.map(({ rules, ...rest }, index) => policyOf(rules, { id: String(index), ...rest })),
    ),
  attributes: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES)),
});

/** The least number of attributes in which an opposite answer differs: every request is asked. */
function leastChanges(set: PolicySnapshot, attributes: ValueMap): number {
  const { allowed } = decide(set, accessRequest("network_security", attributes));
  const choices = [undefined, ...VALUES];
  let least = Number.POSITIVE_INFINITY;
  for (const a of choices) {
    for (const b of choices) {
      for (const c of choices) {
        const asked = Object.fromEntries(
          Object.entries({ a, b, c }).filter(([, value]) => value !== undefined),
        ) as ValueMap;
        if (decide(set, accessRequest("network_security", asked)).allowed === allowed) continue;
        const differing = NAMES.filter((name) => asked[name] !== attributes[name]).length;
        least = Math.min(least, differing);
      }
    }
  }
  return least;
}

describe("whatever the policies and the request", () => {
  it("what is found turns the answer, is as small as any, and is found when there is any", () => {
    fc.assert(
      fc.property(situation, ({ policies, attributes }) => {
        const set = snapshot(policies);
        const { allowed, allowedWith, changes, tried } = search(
          set,
          "network_security",
          attributes,
        );
        expect(changes?.length ?? Number.POSITIVE_INFINITY).toBe(leastChanges(set, attributes));
        expect(changes === undefined || allowedWith(changes) === !allowed).toBe(true);
        expect(tried).toBeLessThanOrEqual(MAX_CHANGES_TRIED);
      }),
      { numRuns: 400 },
    );
  });

  it("the search ends within its bound, however many rules there are", () => {
    const rules = Array.from({ length: 3000 }, (_, index) => ({
      action: "allow",
      match: Object.fromEntries(
        Array.from({ length: 6 }, (_none, key) => [`k${key}`, `v${index}`]),
      ),
      condition: "never == 1 && never == 2",
    }));
    const found = search(snapshot([policyOf(rules)]), "network_security", {});
    expect(found.changes).toBeUndefined();
    expect(found.tried).toBeGreaterThan(100);
    expect(found.tried).toBeLessThanOrEqual(MAX_CHANGES_TRIED);
  });
});
