import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import type { PolicyReading, PolicyTexts } from "../../../src/application/ports/policy-reader.js";
import { finish } from "../../../src/core/finish.js";
import { createPolicyReader } from "../../../src/adapters/policy-files/policy-reader.js";

const reader = createPolicyReader({ conditionCompiler: createConditionCompiler() });

const readTexts = (texts: PolicyTexts): PolicyReading => finish(reader.readTexts(texts));

const MAIN = `{"policies": {
  "p": {
    "type": "t",
    "rules": [
      {"action": "deny"},
      {
        "action": "deny",
        "match": {
          "source_ip": "10.0.0.1",
          "condition": "a > 1"
        },
        "parameters": {"odd key": 1}
      },
      {"action": "log", "condition": "b"}
    ]
  }
}}`;
const DEFAULTS = `{"policies": [
  {"id": "q", "type": "t", "rules": []}
]}`;

type Row = [says: string, id: string, rule: number | undefined, keys: string[], place: string];

describe("where something stands", () => {
  const reading = readTexts({
    main: { name: "main", text: MAIN },
    defaults: { name: "defaults", text: DEFAULTS },
  });

  it.each<Row>([
    ["a policy", "p", undefined, [], "main:2:8 policies.p"],
    ["a key of a policy", "p", undefined, ["type"], "main:3:5 policies.p.type"],
    ["a rule", "p", 1, [], "main:6:7 policies.p.rules[1]"],
    ["a key of a rule", "p", 1, ["action"], "main:7:9 policies.p.rules[1].action"],
    [
      "a field under an alias",
      "p",
      1,
      ["match", "src_ip"],
      "main:9:11 policies.p.rules[1].match.source_ip",
    ],
    [
      "a condition under match",
      "p",
      1,
      ["condition"],
      "main:10:11 policies.p.rules[1].match.condition",
    ],
    ["a condition beside match", "p", 2, ["condition"], "main:14:25 policies.p.rules[2].condition"],
    [
      "an odd key",
      "p",
      1,
      ["parameters", "odd key"],
      'main:12:24 policies.p.rules[1].parameters["odd key"]',
    ],
    ["what is not there: its owner", "p", 0, ["match", "a"], "main:5:7 policies.p.rules[0]"],
    ["a policy of the defaults", "q", undefined, ["rules"], "defaults:2:28 policies[0].rules"],
    ["a policy that is not there: nowhere", "z", 0, [], ":: "],
  ])("%s", (_says, policyId, ruleIndex, keys, place) => {
    const found = reading.placeOf({
      policyId,
      keys,
      ...(ruleIndex !== undefined && { ruleIndex }),
    });
    const { file, line = "", column = "", path } = found;
    expect(`${file}:${line}:${column} ${path}`).toBe(place);
  });
});

it("policies without an error are read beside those that have one", () => {
  const text = '{"policies": {"bad": {"type": "t"}, "good": {"type": "t", "rules": []}}}';
  const { policies, issues } = readTexts({ main: { name: "main", text } });
  expect(policies.map(({ id }) => id)).toEqual(["good"]);
  expect(issues.map(({ policyId }) => policyId)).toEqual(["bad"]);
});

it("a byte order mark of a text is a warning, and moves no place", () => {
  const { issues } = readTexts({ main: { name: "", text: '\uFEFF{"policies": 1}' } });
  expect(issues.map(({ check, column }) => [check, column])).toEqual([
    ["byte-order-mark", 1],
    ["invalid", 14],
  ]);
});

it("values are read as the same policies as their text, whatever their keys", () => {
  const rules = '[{"action": "deny", "match": {"__proto__": "x", "a.b": [1, true]}}]';
  const policy = `{"id": "p", "type": "t", "rules": ${rules}}`;
  const fromText = readTexts({ main: { name: "", text: `{"policies": [${policy}]}` } });
  const fromValues = finish(reader.readDocuments([JSON.parse(policy) as Record<string, never>]));
  expect(fromValues.policies).toEqual(fromText.policies);
  expect(fromValues.policies[0]?.rules[0]?.target).toHaveLength(2);
});
