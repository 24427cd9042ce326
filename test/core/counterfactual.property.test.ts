import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_CHANGES_TRIED } from "../../src/core/counterfactual.js";
import { decide } from "../../src/core/decide.js";
import type { CombiningAlgorithm } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import type { PolicySnapshot } from "../../src/core/snapshot.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { policyOf, search } from "../support/change-search.js";
import { snapshot } from "../support/rules.js";

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
        Array.from({ length: 3 }, (_none, key) => [`k${key}`, `v${index}`]),
      ),
      condition: "never == 1 && never == 2",
    }));
    const found = search(snapshot([policyOf(rules)]), "network_security", {});
    expect(found.changes).toBeUndefined();
    expect(found.tried).toBeGreaterThan(100);
    expect(found.tried).toBeLessThanOrEqual(MAX_CHANGES_TRIED);
  });
});
