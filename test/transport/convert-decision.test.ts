import { describe, expect, it } from "vitest";
import type { CheckAnswer } from "../../src/application/check.js";
import type { Decision, RuleRef } from "../../src/core/decision.js";
import {
  ConditionOutcome,
  DenyKind,
  RuleOutcome,
} from "../../src/gen/flopynet/policy/v1/decision.js";
import {
  CheckConnectionRequest,
  CheckConnectionResponse,
  CheckPolicyRequest,
  CheckPolicyResponse,
} from "../../src/gen/flopynet/policy/v1/decision_service.js";
import {
  checkAnswerToProto,
  connectionCheckFromProto,
  policyCheckFromProto,
} from "../../src/transport/convert-decision.js";

const RULE: RuleRef = { policyId: "p", ruleId: "r", ruleIndex: 0, action: "deny" };
const DECISION: Decision = {
  allowed: false,
  denyKind: "explicit",
  reason: "rule r of p denies",
  determiningRules: [RULE, { ...RULE, ruleId: "s", ruleIndex: 3 }],
  erringRules: [{ rule: RULE, message: "a is missing", missingAttributes: ["a"] }],
  obligations: [{ rule: RULE, action: "log", parameters: { level: 3 }, advice: true }],
  parameters: { rounds: 5, tags: ["x", null, { deep: [true] }] },
  policyVersion: 7,
  policyTypeKnown: true,
};

function onTheWire(answer: Partial<CheckAnswer>): CheckConnectionResponse {
  const message = checkAnswerToProto({
    requestId: "q",
    decisionId: "d",
    decision: DECISION,
    ...answer,
  });
  return CheckConnectionResponse.decode(CheckConnectionResponse.encode(message).finish());
}

describe("an answer, after the wire", () => {
  it("has every field of the decision", () => {
    expect(onTheWire({})).toEqual({
      allowed: false,
      denyKind: DenyKind.DENY_KIND_EXPLICIT,
      reason: "rule r of p denies",
      policyId: "p",
      ruleId: "r",
      determiningRules: DECISION.determiningRules,
      erroringRules: DECISION.erringRules,
      parameters: { rounds: 5, tags: ["x", null, { deep: [true] }] },
      obligations: DECISION.obligations,
      decisionId: "d",
      policyVersion: "7",
      requestId: "q",
      trust: undefined,
      explanation: undefined,
    });
  });

  it("names no rule when none determined it, and has no parameters when there are none", () => {
    const { parameters: _none, ...rest } = DECISION;
    const decision = { ...rest, denyKind: "default" as const, determiningRules: [] };
    expect(onTheWire({ decision })).toMatchObject({
      policyId: "",
      ruleId: "",
      determiningRules: [],
      parameters: undefined,
    });
  });

  // prettier-ignore
  it.each<[kind: Decision["denyKind"], expected: DenyKind]>([
    ["explicit",        DenyKind.DENY_KIND_EXPLICIT],
    ["default",         DenyKind.DENY_KIND_DEFAULT],
    ["error",           DenyKind.DENY_KIND_ERROR],
    ["not_trusted",     DenyKind.DENY_KIND_NOT_TRUSTED],
    ["invalid_request", DenyKind.DENY_KIND_INVALID_REQUEST],
  ])("the kind of deny %s", (denyKind, expected) => {
    expect(onTheWire({ decision: { ...DECISION, ...(denyKind && { denyKind }) } }).denyKind).toBe(
      expected,
    );
  });

  it("has no kind of deny when it is allowed", () => {
    const { denyKind: _none, ...rest } = DECISION;
    const { allowed, denyKind } = onTheWire({ decision: { ...rest, allowed: true } });
    expect([allowed, denyKind]).toEqual([true, DenyKind.DENY_KIND_UNSPECIFIED]);
  });

  it("reads the same as a CheckPolicyResponse: both have the same fields and numbers", () => {
    const bytes = CheckConnectionResponse.encode(
      checkAnswerToProto({ requestId: "q", decisionId: "d", decision: DECISION }),
    ).finish();
    expect(CheckPolicyResponse.decode(bytes)).toEqual(CheckConnectionResponse.decode(bytes));
  });

  it("carries the explanation: expected beside actual, null and absence apart", () => {
    const { explanation } = onTheWire({
      explanation: {
        policies: [
          {
            policyId: "p",
            policyType: "t",
            priority: -1,
            applicable: true,
            rules: [
              {
                rule: RULE,
                outcome: "not_applicable",
                fields: [
                  { key: "a", expected: ["x"], actual: null, matched: false, why: "null" },
                  { key: "b", expected: 1, matched: false, why: "absent" },
                ],
              },
              {
                rule: RULE,
                outcome: "error",
                fields: [],
                condition: { text: "n > 1", outcome: "error", values: { m: 2 }, error: "no n" },
              },
            ],
          },
        ],
      },
    });
    const rules = explanation?.policies[0]?.rules;
    expect(rules?.map(({ outcome }) => outcome)).toEqual([
      RuleOutcome.RULE_OUTCOME_NOT_APPLICABLE,
      RuleOutcome.RULE_OUTCOME_ERROR,
    ]);
    expect(rules?.[0]?.fields.map(({ expected, actual }) => [expected, actual] as unknown)).toEqual(
      [
        [["x"], null],
        [1, undefined],
      ],
    );
    expect(rules?.[1]?.condition).toEqual({
      text: "n > 1",
      outcome: ConditionOutcome.CONDITION_OUTCOME_ERROR,
      values: { m: 2 },
      error: "no n",
    });
  });
});

describe("what would have turned an answer, after the wire", () => {
  it("has the rule, its fields and condition, and the change: absent ends are apart from null", () => {
    const { explanation } = onTheWire({
      explanation: {
        policies: [],
        nearest: {
          rule: RULE,
          mustApply: true,
          fields: [{ key: "a", expected: "x", matched: false, why: "absent" }],
          condition: { text: "n > 1", outcome: "false", values: { n: 1 } },
        },
        smallestChange: {
          changes: [
            { attribute: "a", to: "x" },
            { attribute: "n", from: 1 },
          ],
        },
        changesTried: 3,
      },
    });
    expect(explanation).toMatchObject({
      nearest: {
        rule: RULE,
        mustApply: true,
        fields: [{ key: "a", expected: "x", actual: undefined, matched: false }],
        condition: { outcome: ConditionOutcome.CONDITION_OUTCOME_FALSE, values: { n: 1 } },
      },
      smallestChange: {
        changes: [
          { attribute: "a", from: undefined, to: "x" },
          { attribute: "n", from: 1, to: undefined },
        ],
      },
      changesTried: 3,
    });
  });
});

describe("a question from the wire", () => {
  const decode = (fields: Partial<CheckConnectionRequest>): CheckConnectionRequest =>
    CheckConnectionRequest.decode(
      CheckConnectionRequest.encode(CheckConnectionRequest.create(fields)).finish(),
    );

  it("an empty message asks with nothing given", () => {
    expect(connectionCheckFromProto(decode({}))).toEqual({
      requestId: "",
      clientId: "",
      srcType: "",
      dstType: "",
      srcIp: "",
      dstIp: "",
      protocol: "",
      context: {},
      explain: false,
    });
  });

  it("a port of 0 was given, and is not the same as none", () => {
    expect(connectionCheckFromProto(decode({ dstPort: 0 }))).toMatchObject({ dstPort: 0 });
  });

  it("keeps what a check must be able to refuse: NaN, infinity, __proto__ as an own key", () => {
    const context = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    Object.assign(context, { nan: NaN, infinite: -Infinity });
    const check = connectionCheckFromProto(decode({ context }));
    expect(Object.keys(check.context)).toEqual(["__proto__", "nan", "infinite"]);
    expect([check.context["nan"], check.context["infinite"]]).toEqual([NaN, -Infinity]);
    expect(Object.getPrototypeOf(check.context)).toBeNull();
  });

  it("a CheckPolicy question has all its fields", () => {
    const message = { requestId: "q", policyType: "t", context: { a: [1] }, explain: true };
    const bytes = CheckPolicyRequest.encode(message).finish();
    expect(policyCheckFromProto(CheckPolicyRequest.decode(bytes))).toEqual(message);
  });
});
