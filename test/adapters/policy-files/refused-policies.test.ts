import { describe, expect, it } from "vitest";
import { issuesOf, readTexts, withRules } from "../../support/policy-texts.js";
import { refuses } from "../../support/refuses.js";

// What JavaScript's own change of case makes plain letters of: dotless i, long s, ligatures, Kelvin.
// prettier-ignore
const ODD_WORDS: readonly (readonly [key: string, word: string, meant: string])[] = [
  ["combining",      "deny_overr\u0131des",       "DENY_OVERRIDES"],
  ["combining",      "DENY_OVERR\u0130DES",       "DENY_OVERRIDES"],
  ["combining",      "deny_override\u017f",       "DENY_OVERRIDES"],
  ["combining",      "\ufb01rst_applicable",      "FIRST_APPLICABLE"],
  ["combining",      "perm\u0456t_overrides",     "PERMIT_OVERRIDES"],
  ["combining",      "deny-overrides",            "DENY_OVERRIDES"],
  ["default_effect", "perm\u0131t",               "PERMIT"],
  ["default_effect", "d\u0435ny",                 "DENY"],
  ["default_effect", "DENY\u200b",                "DENY"],
  ["on_error",       "s\u212aip",                 "SKIP"],
  ["on_error",       "\u017fkip",                 "SKIP"],
  ["on_error",       "sk\u0131p",                 "SKIP"],
];

const policy = (members: string): string => `{"policies": {\n  "p": {${members}}\n}}`;
const R = '"rules": []';

describe("a policy with a problem is refused", () => {
  refuses([
    ["no type", policy(`▶${R}`).replace("{▶", "▶{"), "policies.p.type", "`type` is missing"],
    ["a blank type", policy(`"type": ▶" ", ${R}`), "policies.p.type", "must be text"],
    ["a type with a blank at its end", policy(`"type": ▶"t ", ${R}`), "policies.p.type", "blank"],
    ["no rules", '{"policies": {"p": ▶{"type": "t"}}}', "policies.p.rules", "`rules` is missing"],
    ["rules null", policy('"type": "t", "rules": ▶null'), "policies.p.rules", "must be a list"],
    ["a policy that is a text", '{"policies": {"p": ▶"deny"}}', "policies.p", "must be an object"],
    [
      "a priority with a fraction",
      policy(`"type": "t", "priority": ▶1.5, ${R}`),
      "policies.p.priority",
      "must be a whole number from -2147483648 to 2147483647, got 1.5",
    ],
    [
      "a priority as text",
      policy(`"type": "t", "priority": ▶"high", ${R}`),
      "policies.p.priority",
      'got "high"',
    ],
    [
      "a priority beyond 32 bits",
      policy(`"type": "t", "priority": ▶2147483648, ${R}`),
      "policies.p.priority",
      "to 2147483647",
    ],
    [
      "enabled as text",
      policy(`"type": "t", "enabled": ▶"false", ${R}`),
      "policies.p.enabled",
      "must be true or false",
    ],
    [
      "enabled null",
      policy(`"type": "t", "enabled": ▶null, ${R}`),
      "policies.p.enabled",
      "must be true or false",
    ],
    [
      "an unknown combining algorithm",
      policy(`"type": "t", "combining": ▶"ALL", ${R}`),
      "policies.p.combining",
      "FIRST_APPLICABLE or DENY_OVERRIDES or PERMIT_OVERRIDES",
    ],
    [
      "an unknown default effect",
      policy(`"type": "t", "default_effect": ▶"ALLOW", ${R}`),
      "policies.p.default_effect",
      "PERMIT or DENY",
    ],
    [
      "an unknown on_error",
      policy(`"type": "t", "on_error": ▶"IGNORE", ${R}`),
      "policies.p.on_error",
      "DENY or SKIP",
    ],
    [
      "an id that differs from its key",
      policy(`"id": ▶"q", "type": "t", ${R}`),
      "policies.p.id",
      "`id` is `q` and the policy's key is `p`",
      "leave `id` out",
    ],
    [
      "a key that is no id",
      `{"policies": {▶"a b": {"type": "t", ${R}}}}`,
      'policies["a b"]',
      "letters, digits",
    ],
    [
      "the key __proto__",
      `{"policies": {▶"__proto__": {"type": "t", ${R}}}}`,
      "policies.__proto__",
      "letters, digits",
    ],
    [
      "an id of 129 characters",
      `{"policies": [{"id": ▶"${"x".repeat(129)}", "type": "t", ${R}}]}`,
      "policies[0].id",
      "1 to 128",
    ],
    [
      "no id in the list form",
      `{"policies": [▶{"type": "t", ${R}}]}`,
      "policies[0]",
      "needs an `id`",
    ],
    [
      "an id twice in the list form",
      `{"policies": [{"id": "p", "type": "t", ${R}}, ▶{"id": "p", "type": "u", ${R}}]}`,
      "policies[1]",
      "the policy id `p` is there twice",
    ],
    [
      "a problem in a disabled policy",
      policy('"type": "t", "enabled": false, "rules": [{"action": ▶"dney"}]'),
      "policies.p.rules[0].action",
      "unknown verb",
      "`deny`",
    ],
  ]);
});

describe("a word of a policy in letters that only look like its own is refused", () => {
  refuses(
    ODD_WORDS.map(([key, word, meant]) => [
      `${key} ${word}`,
      policy(`"type": "t", "${key}": ▶"${word}", ${R}`),
      `policies.p.${key}`,
      "must be",
      `write \`${meant}\``,
    ]),
  );
});

describe("loading is all or nothing", () => {
  const bad = `{
  "version": 0,
  "policies": {
    "a": { "type": "t", "priority": 1.5, "rules": [{ "action": "dney", "condtion": "x" }] },
    "b": { "rules": [{ "action": "allow", "match": { "src_ip": "10.0.0.300", "dst_port": 0 } }] }
  }
}`;

  it("lists every problem, in the order of the file and with policy and rule", () => {
    const found = issuesOf(readTexts(bad))
      .filter(({ severity }) => severity === "error")
      .map(({ line, path, policyId, ruleIndex }) => [line, path, policyId, ruleIndex]);
    expect(found).toEqual([
      [2, "version", undefined, undefined],
      [4, "policies.a.priority", "a", undefined],
      [4, "policies.a.rules[0].condtion", "a", 0],
      [4, "policies.a.rules[0].action", "a", 0],
      [5, "policies.b.type", "b", undefined],
      [5, "policies.b.rules[0].match.src_ip", "b", 0],
      [5, "policies.b.rules[0].match.dst_port", "b", 0],
    ]);
  });

  it("refuses a good main file beside bad defaults, even where it overrides them", () => {
    const good = withRules('{"action": "deny", "match": {"a": 1}}');
    const load = readTexts(good, withRules('{"action": "dney"}'));
    expect(load.ok).toBe(false);
    expect(issuesOf(load).map(({ file }) => file)).toContain("default_policies.json");
  });
});
