import { describe, expect, it } from "vitest";
import type { Policy, Rule } from "../../../src/core/policy.js";
import { issuesOf, readPolicy, readTexts, setOf, withRules } from "../../support/policy-texts.js";

const policy = (members: object): Policy => readPolicy({ type: "t", rules: [], ...members });

function rule(members: object, type = "t"): Rule {
  const [only] = readPolicy({ type, rules: [{ action: "deny", ...members }] }).rules;
  if (only === undefined) throw new Error("no rule was read");
  return only;
}

describe("a policy as written becomes a policy of core", () => {
  it.each<[says: string, written: object, becomes: Partial<Policy>]>([
    ["what is not said has its default", {}, { priority: 0, enabled: true, name: "", id: "p" }],
    ["an id may repeat the key", { id: "p" }, { id: "p" }],
    ["priority may be negative", { priority: -2147483648 }, { priority: -2147483648 }],
    ["false disables it", { enabled: false }, { enabled: false }],
    ["combining", { combining: "FIRST_APPLICABLE" }, { combining: "first-applicable" }],
    ["in any case", { combining: "Permit_Overrides" }, { combining: "permit-overrides" }],
    ["deny overrides", { combining: "deny_overrides" }, { combining: "deny-overrides" }],
    ["default effect", { default_effect: "DENY" }, { defaultEffect: "deny" }],
    ["on_error", { on_error: "Skip" }, { onError: "skip" }],
    ["type names keep their case", { type: "Network_Security" }, { type: "Network_Security" }],
  ])("%s", (_says, written, becomes) => {
    expect(policy(written)).toMatchObject(becomes);
  });

  it("says nothing of combining where the file says nothing: the type's row answers", () => {
    expect(Object.keys(policy({})).sort()).toEqual(
      ["description", "enabled", "id", "name", "priority", "rules", "type"].sort(),
    );
  });
});

describe("a rule as written becomes a rule of core", () => {
  it.each<[says: string, written: object, becomes: object]>([
    ["its id is its position where it has none", {}, { id: "0", index: 0 }],
    ["rule_id is the id", { rule_id: "a" }, { id: "a" }],
    ["rule_id may repeat the id", { id: "a", rule_id: "a" }, { id: "a" }],
    ["the verb is in lower case", { action: "DENY" }, { action: "deny", verbClass: "deny" }],
    ["a verb has its class", { action: "Configure" }, { verbClass: "parameter" }],
    ["match null is as if absent", { match: null }, { target: [] }],
    ["parameters null are as if absent", { parameters: null }, { parameters: {} }],
    ["a parameter that is null stays", { parameters: { a: null } }, { parameters: { a: null } }],
    ["enabled", { enabled: false }, { enabled: false }],
    ["severity", { severity: "critical" }, { severity: "critical" }],
    ["a condition of its own", { condition: "a > 1" }, { condition: { text: "a > 1" } }],
    [
      "one in match",
      { match: { condition: "a > 1" } },
      { condition: { text: "a > 1" }, target: [] },
    ],
    [
      "two conditions are joined",
      { condition: "b OR c", match: { condition: "a > 1" } },
      { condition: { text: "(a > 1) && (b OR c)", expression: { kind: "and" } } },
    ],
  ])("%s", (_says, written, becomes) => {
    expect(rule(written)).toMatchObject(becomes);
  });

  it.each([
    ["source_ip", "src_ip", "10.0.0.1"],
    ["ipv4_src", "src_ip", "10.0.0.1"],
    ["destination_ip", "dst_ip", "10.0.0.1"],
    ["ipv4_dst", "dst_ip", "10.0.0.1"],
    ["source_port", "src_port", 80],
    ["destination_port", "dst_port", 80],
    ["ip_proto", "protocol", 6],
  ])("the alias %s means %s", (alias, key, value) => {
    expect(rule({ match: { [alias]: value } }).target).toEqual(
      rule({ match: { [key]: value } }).target,
    );
  });

  it("keys that every object has are keys like any other", () => {
    const text = withRules(
      '{"action": "log", "match": {"__proto__": "x", "constructor": "y"}, "parameters": {"__proto__": 1}}',
    );
    const [stored] = setOf(readTexts(text)).policies;
    const [only] = stored?.policy.rules ?? [];
    expect(only?.target.map(({ key }) => key)).toEqual(["__proto__", "constructor"]);
    expect(Object.keys(only?.parameters ?? {})).toEqual(["__proto__"]);
    expect(JSON.stringify(stored?.document)).toContain('"__proto__":"x"');
  });
});

describe("which rules are trust rules", () => {
  it.each<[says: string, type: string, written: object, isTrustRule: boolean]>([
    ["by the verb exclude_client", "security", { action: "exclude_client" }, true],
    ["by the verb weight_reduction", "trust_reputation", { action: "weight_reduction" }, true],
    ["by the verb evaluate_trust", "trust_reputation", { action: "evaluate_trust" }, true],
    ["by a condition that reads client.*", "security", { condition: "client.score < 1" }, true],
    ["by a condition in match", "security", { match: { condition: "client.x == 1" } }, true],
    ["by trust_score_change", "security", { condition: "trust_score_change < -0.2" }, true],
    ["not by the bare name client", "security", { condition: "client == 'a'" }, false],
    ["not by a match key", "security", { match: { "client.id": "x" } }, false],
    ["not by another verb or name", "security", { condition: "threat > 1" }, false],
    ["not in another type, whatever it reads", "t", { condition: "client.score < 1" }, false],
    ["not in another type, whatever the verb", "t", { action: "exclude_client" }, false],
  ])("%s", (_says, type, written, isTrustRule) => {
    expect(rule(written, type).isTrustRule).toBe(isTrustRule);
  });
});

describe("a policy with executable code", () => {
  it.each(["function_id", "function_code"])("with %s is one deny rule that always errs", (key) => {
    const code = policy({ [key]: "def f(): pass", on_error: "SKIP" });
    expect(code).toMatchObject({ onError: "deny", rules: [{ index: 0, target: [] }] });
    expect(code.rules).toHaveLength(1);
    expect(code.rules[0]).toMatchObject({ action: "deny", verbClass: "deny" });
    expect(code.rules[0]?.unevaluable).toContain(key);
  });

  it("needs no rules, and its rules are never looked at", () => {
    const load = readTexts('{"policies": {"p": {"type": "t", "function_code": "x"}}}');
    expect(setOf(load).policies).toHaveLength(1);
    expect(policy({ function_id: "f", rules: [{ action: "allow" }] }).rules).toHaveLength(1);
  });

  it("is warned about", () => {
    const load = readTexts('{"policies": {"p": {"type": "t", "function_id": "x"}}}');
    expect(issuesOf(load)).toEqual([
      expect.objectContaining({ severity: "warning", path: "policies.p.function_id", column: 34 }),
    ]);
  });
});
