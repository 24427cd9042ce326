import { describe, expect, it } from "vitest";
import type { CatalogPolicy } from "../../src/application/policy-catalog.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import {
  CombiningAlgorithm,
  DefaultEffect,
  OnError,
  Policy,
  PolicySource,
} from "../../src/gen/flopynet/policy/v1/policy.js";
import { policyToProto } from "../../src/transport/convert-policy.js";
import { documentToProto } from "../../src/transport/convert-policy-version.js";
import { policy } from "../support/rules.js";

function stored(overrides: Partial<CatalogPolicy> = {}): CatalogPolicy {
  return {
    policy: policy("p", "allow"),
    document: { id: "p" },
    source: "file",
    file: "policies.json",
    etag: "e",
    policyVersion: 7,
    updateTimeMs: 1_700_000_000_123,
    ...overrides,
  };
}

function onTheWire(overrides: Partial<CatalogPolicy> = {}): Policy {
  return Policy.decode(Policy.encode(policyToProto(stored(overrides))).finish());
}

/** The first rule, where the document has it written like this. */
function ruleWritten(rule: Value): [match: unknown, condition: string | undefined] {
  const [first] = onTheWire({ document: { id: "p", rules: [rule] } }).rules;
  return [first?.match, first?.condition];
}

describe("a policy, after the wire", () => {
  it("says where it comes from and when it changed", () => {
    expect(onTheWire()).toMatchObject({
      id: "p",
      etag: "e",
      policyVersion: "7",
      createTime: undefined,
      updateTime: new Date(1_700_000_000_123),
      source: PolicySource.POLICY_SOURCE_FILE,
    });
    expect(onTheWire({ source: "default_file" }).source).toBe(
      PolicySource.POLICY_SOURCE_DEFAULT_FILE,
    );
  });

  it("always says whether it and its rules are enabled", () => {
    const { enabled, rules } = onTheWire({ policy: policy("p", "allow#", { enabled: false }) });
    expect([enabled, rules[0]?.enabled]).toEqual([false, false]);
  });

  it("is unspecified where its author said nothing", () => {
    expect(onTheWire()).toMatchObject({
      combining: CombiningAlgorithm.COMBINING_ALGORITHM_UNSPECIFIED,
      defaultEffect: DefaultEffect.DEFAULT_EFFECT_UNSPECIFIED,
      onError: OnError.ON_ERROR_UNSPECIFIED,
    });
  });

  // prettier-ignore
  it.each([
    [{ combining: "first-applicable" }, { combining: CombiningAlgorithm.COMBINING_ALGORITHM_FIRST_APPLICABLE }],
    [{ combining: "deny-overrides" },   { combining: CombiningAlgorithm.COMBINING_ALGORITHM_DENY_OVERRIDES }],
    [{ combining: "permit-overrides" }, { combining: CombiningAlgorithm.COMBINING_ALGORITHM_PERMIT_OVERRIDES }],
    [{ defaultEffect: "permit" },       { defaultEffect: DefaultEffect.DEFAULT_EFFECT_PERMIT }],
    [{ defaultEffect: "deny" },         { defaultEffect: DefaultEffect.DEFAULT_EFFECT_DENY }],
    [{ onError: "deny" },               { onError: OnError.ON_ERROR_DENY }],
    [{ onError: "skip" },               { onError: OnError.ON_ERROR_SKIP }],
  ] as const)("%o", (words, expected) => {
    expect(onTheWire({ policy: policy("p", "allow", words) })).toMatchObject(expected);
  });

  // prettier-ignore
  it.each<[says: string, rule: Value, match: object | undefined, condition: string]>([
    ["a rule without match and condition has neither",       {},                                                       undefined,                    ""],
    ["match is as written, aliases and all",                 { match: { source_ip: ["10.0.0.0/8", "any"] } },          { source_ip: ["10.0.0.0/8", "any"] }, ""],
    ["a condition beside match is the condition",            { match: { a: 1 }, condition: "b > 1" },                  { a: 1 },                     "b > 1"],
    ["a condition under match moves out of it",              { match: { a: 1, condition: "b > 1" } },                  { a: 1 },                     "b > 1"],
    ["a match with nothing but a condition is absent",       { match: { condition: "b > 1" } },                        undefined,                    "b > 1"],
    ["with both conditions, each stays where it is",         { match: { condition: "b > 1" }, condition: "c > 1" },    { condition: "b > 1" },       "c > 1"],
    ["null is as if absent",                                 { match: null },                                          undefined,                    ""],
  ])("%s", (_says, rule, match, condition) => {
    expect(ruleWritten(rule)).toEqual([match, condition]);
  });

  it("a policy whose rules are not in its document (executable code) has the rule that answers", () => {
    expect(onTheWire({ policy: policy("p", "deny") }).rules).toMatchObject([
      { id: "0", action: "deny", match: undefined, condition: "" },
    ]);
  });
});

describe("a policy of the past, from its document", () => {
  // prettier-ignore
  it.each<[says: string, document: ValueMap, expected: object]>([
    ["has its words, in any case",            { combining: "Deny_Overrides", default_effect: "DENY", on_error: "skip" },
      { combining: CombiningAlgorithm.COMBINING_ALGORITHM_DENY_OVERRIDES, defaultEffect: DefaultEffect.DEFAULT_EFFECT_DENY, onError: OnError.ON_ERROR_SKIP }],
    ["says nothing where it did not",         {},
      { combining: CombiningAlgorithm.COMBINING_ALGORITHM_UNSPECIFIED, defaultEffect: DefaultEffect.DEFAULT_EFFECT_UNSPECIFIED, onError: OnError.ON_ERROR_UNSPECIFIED }],
    ["says nothing by a word that is none",   { combining: "deny_overr\u0131des", default_effect: "perm\u0131t", on_error: "constructor" },
      { combining: CombiningAlgorithm.COMBINING_ALGORITHM_UNSPECIFIED, defaultEffect: DefaultEffect.DEFAULT_EFFECT_UNSPECIFIED, onError: OnError.ON_ERROR_UNSPECIFIED }],
  ])("%s", (_says, document, expected) => {
    const message = documentToProto(document, 3);
    expect(Policy.decode(Policy.encode(message).finish())).toMatchObject(expected);
  });
});
