import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decide.js";
import { evaluateCondition } from "../../../src/core/evaluate-condition.js";
import { possibleOutcomes } from "../../../src/core/lint/condition-outcomes.js";
import { FLOPYNET_CLIENTS } from "../../../src/core/lint/known-clients.js";
import { lint } from "../../../src/core/lint/lint.js";
import { canMeet, constraintsOf, covers } from "../../../src/core/lint/target-relation.js";
import type { Policy } from "../../../src/core/policy.js";
import { accessRequest } from "../../../src/core/request.js";
import { buildSnapshot } from "../../../src/core/snapshot.js";
import { targetMatches } from "../../../src/core/target.js";
import { isList, isPlainMap, lookUp, type Value } from "../../../src/core/values.js";
import { compiled, writtenPolicies, writtenRequest } from "../../support/arbitrary-policies.js";
import { finish } from "../../../src/core/finish.js";
import { expressionOf } from "../../support/conditions.js";

const policies = writtenPolicies.map(compiled);

function found(all: readonly Policy[], check: string): Set<string> {
  const findings = finish(lint(all, FLOPYNET_CLIENTS));
  return new Set(
    findings
      .filter((finding) => finding.check.id === check)
      .map(({ policyId, ruleIndex }) => `${policyId} ${ruleIndex ?? ""}`),
  );
}

function without(all: readonly Policy[], rules: ReadonlySet<string>): readonly Policy[] {
  return all.map((policy) => ({
    ...policy,
    rules: policy.rules.map((rule) =>
      rules.has(`${policy.id} ${rule.index}`) ? { ...rule, enabled: false } : rule,
    ),
  }));
}

describe("what the linter says of rules is so", () => {
  it("no answer changes when every shadowed rule is switched off", () => {
    const seen = { sets: 0, shadowed: 0 };
    fc.assert(
      fc.property(policies, fc.array(writtenRequest, { maxLength: 8 }), (all, requests) => {
        const rules = found(all, "shadowed-rule");
        seen.sets += 1;
        seen.shadowed += rules.size;
        const [full, fewer] = [all, without(all, rules)].map((set) =>
          buildSnapshot(set, { policyVersion: 1 }),
        );
        for (const { type, attributes } of requests) {
          const request = accessRequest(type, attributes);
          expect(full && decide(full, request)).toEqual(fewer && decide(fewer, request));
        }
      }),
      { numRuns: 500 },
    );
    expect(seen.shadowed / seen.sets).toBeGreaterThan(0.2);
  });

  it("a target that covers another holds wherever that one does, and targets that hold together can meet", () => {
    let covering = 0;
    fc.assert(
      fc.property(policies, fc.array(writtenRequest, { maxLength: 8 }), (all, requests) => {
        const targets = all.flatMap(({ rules }) => rules.map(({ target }) => target)).slice(0, 12);
        for (const outer of targets) {
          for (const inner of targets) {
            const [wide, narrow] = [constraintsOf(outer), constraintsOf(inner)];
            const covered = covers(wide, narrow);
            for (const { type, attributes } of requests) {
              if (hasList(attributes)) continue;
              const request = accessRequest(type, attributes);
              const holds = [outer, inner].map((target) => targetMatches(target, request));
              if (covered && holds[1] === true) covering += 1;
              expect(covered && holds[1] === true && holds[0] === false).toBe(false);
              expect(holds[0] === true && holds[1] === true && !canMeet(wide, narrow)).toBe(false);
            }
          }
        }
      }),
      { numRuns: 100 },
    );
    expect(covering).toBeGreaterThan(1000);
  });
});

/** A list holds several values at once, where one meets targets that exclude each other. */
function hasList(value: Value): boolean {
  if (isList(value)) return true;
  return isPlainMap(value) && Object.values(value).some(hasList);
}

const atom = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("a", "b", "limit"),
      fc.constantFrom("<", "<=", ">", ">=", "==", "!="),
      fc.constantFrom("1", "2", "3", "'2'", "'x'", "limit", "true"),
    )
    .map((parts) => parts.join(" ")),
  fc.constantFrom("a", "has(a)", "true", "false", "a in [1, 2]", "a in limit", "b + 1", "!a"),
  fc.constantFrom("2 > a", "3 == b", "a.startsWith('x')", "limit.contains(1)", "size(a) > 1"),
);
const condition = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4, depthSize: "medium" },
    atom,
    fc
      .tuple(tie("text"), fc.constantFrom("&&", "||"), tie("text"))
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    tie("text").map((text) => `!(${text})`),
    fc
      .tuple(tie("text"), tie("text"), tie("text"))
      .map(([test, then, otherwise]) => `(${test}) ? (${then}) : (${otherwise})`),
  ),
})).text;
const value = fc.constantFrom(0, 1, 2, 2.5, 3, "2", "x", true, false);

it("a condition comes to nothing that is said to be impossible", () => {
  const seen = { conditions: 0, neverTrue: 0, requests: 0, true: 0 };
  fc.assert(
    fc.property(
      condition,
      fc.record({ limit: value }, { requiredKeys: [] }),
      fc.array(fc.record({ a: value, b: value, limit: value }, { requiredKeys: [] }), {
        minLength: 20,
        maxLength: 20,
      }),
      (text, parameters, requests) => {
        const expression = expressionOf(text);
        const possible = possibleOutcomes(expression, parameters);
        seen.conditions += 1;
        if (!possible.true) seen.neverTrue += 1;
        for (const attributes of requests) {
          const { outcome } = evaluateCondition(
            expression,
            (path) => lookUp(parameters, path) ?? lookUp(attributes, path),
          );
          seen.requests += 1;
          if (outcome === "true") seen.true += 1;
          expect([outcome, possible[outcome]]).toEqual([outcome, true]);
        }
      },
    ),
    { numRuns: 2000 },
  );
  expect(seen.true / seen.requests).toBeGreaterThan(0.025);
  expect(seen.neverTrue / seen.conditions).toBeGreaterThan(0.05);
});
