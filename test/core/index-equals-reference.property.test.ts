import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, decideAndExplain } from "../../src/core/decide.js";
import type { RuleRef } from "../../src/core/decision.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import {
  compiled,
  compiledPolicy,
  type WrittenPolicy,
  writtenPolicies,
  writtenRequest,
} from "../support/arbitrary-policies.js";
import { anyScalar, anyValueMap } from "../support/arbitrary-values.js";
import {
  agreementCase,
  answersOf,
  emptyCoverage,
  REQUESTS_PER_SET,
} from "../support/index-agreement.js";

const PAIRS = 10_000;
const LEAST_SHARE = 0.05;
const options = { policyVersion: 1 };

describe("the index", () => {
  it(`answers as the reference does, to the last field, on ${PAIRS} pairs`, () => {
    const coverage = emptyCoverage();
    fc.assert(
      fc.property(agreementCase, (one) => {
        for (const { expected, byIndex } of answersOf(one, coverage)) {
          for (const decision of byIndex) expect(decision).toStrictEqual(expected);
        }
      }),
      { numRuns: PAIRS / REQUESTS_PER_SET },
    );
    const { pairs, ...cases } = coverage;
    for (const [name, count] of Object.entries(cases)) {
      expect.soft(count / pairs, name).toBeGreaterThanOrEqual(LEAST_SHARE);
    }
  }, 120_000);

  it("gives an answer to any values whatever", () => {
    fc.assert(
      fc.property(writtenPolicies, anyValueMap, anyScalar, (policies, attributes, type) => {
        const snapshot = buildSnapshot(compiled(policies), options);
        const decision = decide(snapshot, accessRequest(String(type), attributes));
        expect(decision.reason).not.toBe("");
        for (const { type: known } of policies) decide(snapshot, accessRequest(known, attributes));
      }),
      { numRuns: 500 },
    );
  });
});

describe("an explanation", () => {
  it("agrees with the decision: what determined it applied, and what erred is shown as erring", () => {
    fc.assert(
      fc.property(writtenPolicies, writtenRequest, (policies, { type, attributes }) => {
        const snapshot = buildSnapshot(compiled(policies), options);
        const request = accessRequest(type, attributes);
        const { decision, explanation } = decideAndExplain(snapshot, request);
        const traces = explanation.policies.flatMap(({ rules }) => rules);
        const shown = (outcome: string): RuleRef[] =>
          traces.filter((trace) => trace.outcome === outcome).map(({ rule }) => rule);
        const errors = decision.erringRules.map(({ rule }) => rule);
        expect(decision).toStrictEqual(decide(snapshot, request));
        expect(shown("error")).toStrictEqual(errors);
        expect([...shown("applied"), ...errors]).toEqual(
          expect.arrayContaining([...decision.determiningRules]),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("combination", () => {
  it("is the same when a deny-overrides policy is split in two of equal priority", () => {
    fc.assert(
      fc.property(splittable, writtenRequest, ({ policies, at }, { type, attributes }) => {
        const halves = policies.flatMap((policy, index) =>
          index === 0 ? splitAt(policy, at) : [policy],
        );
        const request = accessRequest(type, attributes);
        const whole = decide(buildSnapshot(compiled(policies), options), request);
        const split = decide(buildSnapshot(compiled(halves), options), request);
        expect([split.allowed, split.denyKind]).toStrictEqual([whole.allowed, whole.denyKind]);
      }),
      { numRuns: 500 },
    );
  });

  it("never lets one more permit rule turn a deny rule's answer where deny overrides", () => {
    fc.assert(
      fc.property(splittable, writtenRequest, ({ policies }, { type, attributes }) => {
        const strict = policies.map((policy) => denyOverrides({ ...policy, type: "fl_security" }));
        const [first, ...others] = strict.map((policy, index) =>
          compiledPolicy(policy, `policy-${index}`),
        );
        const before = [first, ...others].filter((policy) => policy !== undefined);
        const after = before.map((policy) => ({
          ...policy,
          rules: [...policy.rules, permitAll(policy.rules.length)],
        }));
        const request = accessRequest(type, attributes);
        const [old, now] = [before, after].map((set) =>
          decide(buildSnapshot(set, options), request),
        );
        expect(now?.denyKind === "explicit").toBe(old?.denyKind === "explicit");
      }),
      { numRuns: 500 },
    );
  });
});

const splittable = fc.record({
  policies: writtenPolicies.map((policies) =>
    policies.map((policy, index) => (index === 0 ? denyOverrides(policy) : policy)),
  ),
  at: fc.nat({ max: 12 }),
});

function denyOverrides(policy: WrittenPolicy): WrittenPolicy {
  return { ...policy, combining: "deny-overrides" };
}

function splitAt(policy: WrittenPolicy, at: number): WrittenPolicy[] {
  return [
    { ...policy, rules: policy.rules.slice(0, at) },
    { ...policy, rules: policy.rules.slice(at) },
  ];
}

function permitAll(index: number): ReturnType<typeof compiledPolicy>["rules"][number] {
  return {
    id: `added-${index}`,
    index,
    action: "allow",
    verbClass: "allow",
    description: "",
    enabled: true,
    target: [],
    parameters: {},
    isTrustRule: false,
  };
}
