import { describe, expect, it } from "vitest";
import { decide } from "../../src/core/decide.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot, compareIds, snapshotSteps } from "../../src/core/snapshot.js";
import { policy } from "../support/rules.js";

describe("the order of ids", () => {
  it.each<[left: string, right: string, order: number]>([
    ["a", "a", 0],
    ["a", "b", -1],
    ["b", "a", 1],
    ["10", "9", -1],
    ["9", "10", 1],
    ["B", "a", -1],
    ["a", "aa", -1],
  ])("%s against %s", (left, right, order) => {
    expect(compareIds(left, right)).toBe(order);
  });
});

describe("a snapshot", () => {
  it("holds the policies of each type by priority, then id, without the disabled", () => {
    const policies = [
      policy("b", "", { priority: 1 }),
      policy("a", "", { priority: 1 }),
      policy("c", "", { priority: 2 }),
      policy("off", "", { enabled: false }),
      policy("other", "", { type: "t" }),
    ];
    const { policiesByType, policyVersion } = buildSnapshot(policies, { policyVersion: 7 });
    const ids = [...policiesByType].map(([type, held]) => [
      type,
      held.policies.map(({ id }) => id),
    ]);
    expect(policyVersion).toBe(7);
    expect(ids).toEqual([
      ["network_security", ["c", "a", "b"]],
      ["t", ["other"]],
    ]);
  });

  it("permits types that no policy has, unless told otherwise", () => {
    const decision = decide(buildSnapshot([], { policyVersion: 1 }), accessRequest("t", {}));
    expect(decision.reason).toBe("allowed by default: no enabled policy has the type `t`");
  });

  it("gives others a turn while it is built, for policies of one rule as for one of many", () => {
    const many = Array.from({ length: 500 }, (_, at) => policy(`p${at}`, "deny"));
    const one = policy("p", "allow deny ".repeat(1_000).trim());
    expect([...snapshotSteps(many, { policyVersion: 1 })].length).toBeGreaterThan(500);
    expect([...snapshotSteps([one], { policyVersion: 1 })].length).toBeGreaterThan(7);
  });
});
