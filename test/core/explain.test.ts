import { describe, expect, it } from "vitest";
import { decideAndExplain } from "../../src/core/decide.js";
import type { RuleTrace } from "../../src/core/decision.js";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { Policy, Rule } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import type { Target } from "../../src/core/target.js";
import type { Value } from "../../src/core/values.js";
import { expressionOf } from "../support/conditions.js";
import { policy, rule, snapshot } from "../support/rules.js";

function target(match: Record<string, Value>): Target {
  return Object.entries(match).map(([key, value]) => {
    const field = parseTargetField(key, value);
    if (!field.ok) throw new Error(field.problem);
    return field.value;
  });
}

function traces(policies: readonly Policy[], policyType: string, attributes = {}): RuleTrace[] {
  const { explanation } = decideAndExplain(
    snapshot(policies),
    accessRequest(policyType, attributes),
  );
  return explanation.policies.flatMap((trace) => trace.rules);
}

describe("an explanation", () => {
  it("says for each field what was expected and what the request has", () => {
    const rules: Rule[] = [{ ...rule("allow"), target: target({ dst_port: 8080, zone: "lab" }) }];
    const [trace] = traces([policy("a", "", { rules })], "network_security", { dst_port: 80 });
    expect(trace?.outcome).toBe("not_applicable");
    expect(trace?.fields).toEqual([
      {
        key: "dst_port",
        expected: 8080,
        actual: 80,
        matched: false,
        why: expect.any(String) as string,
      },
      { key: "zone", expected: "lab", matched: false, why: expect.any(String) as string },
    ]);
  });

  it("says what each name of a condition was, and why it could not be known", () => {
    const [trace] = traces([policy("a", "deny!")], "network_security");
    expect(trace?.outcome).toBe("error");
    expect(trace?.condition).toEqual({
      text: "deny!",
      outcome: "error",
      values: {},
      error: "attribute `nowhere` is missing",
    });
  });

  it("says what each name of a condition was, by its dotted name, and leaves out what is missing", () => {
    const text = "client.load > 9 || zone == 1";
    const condition = { text, expression: expressionOf(text) };
    const rules: Rule[] = [{ ...rule("deny"), condition }];
    const [trace] = traces([policy("a", "", { rules })], "network_security", {
      client: { load: 10, id: "c" },
    });
    expect(trace?.outcome).toBe("applied");
    expect(trace?.condition).toEqual({ text, outcome: "true", values: { "client.load": 10 } });
    expect(Object.keys(trace?.condition ?? {})).toEqual(["text", "outcome", "values"]);
    expect(Object.keys(trace?.condition?.values ?? {})).toEqual(["client.load"]);
  });

  it("does not ask a condition whose target did not hold", () => {
    const rules: Rule[] = [{ ...rule("deny!"), target: target({ zone: "lab" }) }];
    const [trace] = traces([policy("a", "", { rules })], "network_security");
    expect(trace?.condition).toBeUndefined();
  });

  it("marks what stands behind the determining rule, and the tiers below, as not reached", () => {
    const policies = [
      policy("a", "allow deny", { priority: 2 }),
      policy("b", "deny", { priority: 1 }),
    ];
    expect(traces(policies, "network_security").map((trace) => trace.outcome)).toEqual([
      "applied",
      "not_reached",
      "not_reached",
    ]);
  });

  it("asks nothing of what was not reached", () => {
    const hidden: Rule = { ...rule("deny!", 1), target: target({ zone: "lab" }) };
    const policies = [policy("a", "", { rules: [rule("allow"), hidden] })];
    const [, trace] = traces(policies, "network_security", { zone: "lab" });
    expect(trace).toMatchObject({ outcome: "not_reached", fields: [] });
    expect(trace).not.toHaveProperty("condition");
  });

  it("says of each policy whether it had a say", () => {
    const policies = [policy("a", "deny- log", { priority: 2 }), policy("b", "allow")];
    const { explanation } = decideAndExplain(
      snapshot(policies),
      accessRequest("network_security", {}),
    );
    expect(explanation.policies.map(({ policyId, applicable }) => [policyId, applicable])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });

  it.each(["deny# allow", "allow deny#"])("leaves out rules that are switched off: %s", (words) => {
    expect(traces([policy("a", words)], "network_security")).toHaveLength(1);
  });

  it("keeps 200 traces: applied, then erring, then nearest misses", () => {
    const far = target({ a: 1, b: 2 });
    const near = target({ a: 1, b: 1 });
    const rules: Rule[] = [
      ...Array.from({ length: 300 }, (_, index): Rule => ({ ...rule("deny", index), target: far })),
      { ...rule("deny", 300), target: near },
      rule("deny!", 301),
      rule("allow", 302),
    ];
    const kept = traces([policy("a", "", { type: "t", rules })], "t", { b: 1 });
    expect(kept).toHaveLength(200);
    expect(kept.slice(-3).map((trace) => trace.rule.ruleIndex)).toEqual([300, 301, 302]);
    expect(kept[0]?.rule.ruleIndex).toBe(0);
  });
});
