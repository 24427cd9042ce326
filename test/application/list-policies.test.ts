import { describe, expect, it } from "vitest";
import type { PolicyActivation } from "../../src/application/activate-policies.js";
import type { ActivePolicySet } from "../../src/application/active-policy-set.js";
import { createPolicyCatalog } from "../../src/application/list-policies.js";
import type { CatalogPolicy } from "../../src/application/policy-catalog.js";
import type { Policy } from "../../src/core/policy.js";
import { policy, snapshot } from "../support/rules.js";

function stored(one: Policy): CatalogPolicy {
  return {
    policy: one,
    document: { id: one.id },
    source: "file",
    file: "policies.json",
    etag: one.id,
    policyVersion: 1,
    updateTimeMs: 0,
  };
}

/** An activation that holds `set.policies`, which a test may replace. */
function activationOf(set: { policies: Policy[] | undefined }): PolicyActivation {
  const sets = new Map<Policy[], ActivePolicySet>();
  const active = (): ActivePolicySet | undefined => {
    const { policies } = set;
    if (!policies) return undefined;
    const known = sets.get(policies) ?? {
      snapshot: snapshot(policies, { policyVersion: 7 }),
      policies: policies.map(stored),
      contentHash: "",
      loadedAtMs: 0,
    };
    sets.set(policies, known);
    return known;
  };
  return {
    active,
    status: () => ({ state: "healthy", policyVersion: 7 }),
    change: () => Promise.reject(new Error("nobody changes this set")),
    reload: () => Promise.resolve({ policyVersion: 7, changed: false }),
    recordAgain: () => undefined,
    watch: () => () => undefined,
    onActivated: () => undefined,
  };
}

const ALL = { type: "", pageSize: 0, pageToken: "" };
const POLICIES = [
  policy("b", "allow", { type: "t", priority: 5 }),
  policy("a", "allow", { type: "t", priority: 5, enabled: false }),
  policy("z", "allow", { priority: -1 }),
  policy("c", "allow", { type: "u", priority: 9 }),
];

function ids(query: object, policies: Policy[] = POLICIES): string[] {
  const catalog = createPolicyCatalog(activationOf({ policies }));
  return catalog.list({ ...ALL, ...query }).policies.map((one) => one.policy.id);
}

describe("listing policies", () => {
  // prettier-ignore
  it.each<[says: string, query: object, expected: string[]]>([
    ["network_security comes first, then priority, then id", {},                  ["z", "c", "a", "b"]],
    ["by type",                                             { type: "t" },        ["a", "b"]],
    ["by a type that nobody has",                           { type: "x" },        []],
    ["the enabled ones",                                    { enabled: true },    ["z", "c", "b"]],
    ["the disabled ones",                                   { enabled: false },   ["a"]],
    ["a page",                                              { pageSize: 2 },      ["z", "c"]],
  ])("%s", (_says, query, expected) => {
    expect(ids(query)).toEqual(expected);
  });

  it("goes on after the last one of a page, also when the set changed meanwhile", () => {
    const set = { policies: POLICIES };
    const catalog = createPolicyCatalog(activationOf(set));
    const first = catalog.list({ ...ALL, pageSize: 2 });
    set.policies = [
      ...POLICIES.filter(({ id }) => id !== "c"),
      policy("d", "", { type: "u", priority: 9 }),
    ];
    const second = catalog.list({ ...ALL, pageSize: 2, pageToken: first.nextPageToken });
    expect(second.policies.map((one) => one.policy.id)).toEqual(["d", "a"]);
    const third = catalog.list({ ...ALL, pageSize: 2, pageToken: second.nextPageToken });
    expect(third.policies.map((one) => one.policy.id)).toEqual(["b"]);
    expect(third.nextPageToken).toBe("");
  });

  // prettier-ignore
  it.each<[says: string, query: object, message: string]>([
    ["a negative page size", { pageSize: -1 },       "page_size must be at least 0, got -1"],
    ["a foreign page token", { pageToken: "nope!" }, "page_token is not a token of this list: start again without it"],
  ])("refuses %s", (_says, query, message) => {
    expect(() => ids(query)).toThrow(message);
  });
});

describe("getting a policy", () => {
  const catalog = createPolicyCatalog(activationOf({ policies: POLICIES }));
  it("finds it by id, in the active version", () => {
    expect(catalog.get("b").policy.id).toBe("b");
    expect(catalog.version()).toBe(7);
  });
  it("says which id is not there", () => {
    expect(() => catalog.get("toString")).toThrow("policy `toString` not found");
  });
  it("needs an active set", () => {
    const empty = createPolicyCatalog(activationOf({ policies: undefined }));
    expect(() => empty.all()).toThrow("no policy set is active");
  });
});
