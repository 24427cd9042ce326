import fc from "fast-check";
import { expect, test } from "vitest";
import { DenyKind, Explanation, TrustState } from "../../src/gen/flopynet/policy/v1/decision.js";
import {
  BatchCheckConnectionsResponse,
  CheckConnectionResponse,
} from "../../src/gen/flopynet/policy/v1/decision_service.js";
import { answerBytes, batchAnswerBytes } from "../../src/transport/grpc/answer-bytes.js";

const text = fc.string({ unit: "grapheme", maxLength: 200 });
const ref = fc.record({
  policyId: text,
  ruleId: text,
  ruleIndex: fc.integer({ min: 0, max: 100_000 }),
  action: text,
});
const FIELDS = {
  allowed: fc.boolean(),
  denyKind: fc.constantFrom(DenyKind.DENY_KIND_UNSPECIFIED, DenyKind.DENY_KIND_EXPLICIT),
  reason: text,
  policyId: text,
  ruleId: text,
  determiningRules: fc.array(ref, { maxLength: 3 }),
  erroringRules: fc.array(
    fc.record({ rule: ref, message: text, missingAttributes: fc.array(text) }),
    { maxLength: 2 },
  ),
  obligations: fc.array(
    fc.record({
      rule: ref,
      action: text,
      parameters: fc.constant({ limit: 1 }),
      advice: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  parameters: fc.constant({ rounds: 3 }),
  decisionId: text,
  requestId: text,
  policyVersion: fc.integer({ min: 0 }).map(String),
  trust: fc.record({
    trustScore: fc.double({ min: 0, max: 1, noNaN: true }),
    state: fc.constantFrom(TrustState.TRUST_STATE_UNSPECIFIED, TrustState.TRUST_STATE_ACTIVE),
    weightMultiplier: fc.constantFrom(0, 0.5, 1),
  }),
  explanation: fc.constant(Explanation.fromPartial({ changesTried: 1 })),
};
const answer: fc.Arbitrary<CheckConnectionResponse> = fc
  .record(FIELDS, {
    requiredKeys: [
      ...(["allowed", "denyKind", "reason", "policyId", "ruleId"] as const),
      ...(["determiningRules", "erroringRules", "obligations"] as const),
      ...(["decisionId", "requestId", "policyVersion"] as const),
    ],
  })
  .map((fields) => CheckConnectionResponse.fromPartial(fields));

/** Answers of which some share fields with the first, as answers of one decision do. */
const answers = fc
  .tuple(answer, fc.array(fc.tuple(answer, fc.array(fc.nat({ max: 12 })))))
  .map(([first, others]) => [
    first,
    ...others.map(([other, own]) => {
      const names = Object.keys(other) as (keyof CheckConnectionResponse)[];
      const differing = own.map((at) => names[at % names.length]);
      const kept = Object.entries(other).filter(([name]) =>
        differing.includes(name as keyof CheckConnectionResponse),
      );
      return { ...first, ...Object.fromEntries(kept) };
    }),
  ]);

test("what follows says something of every field", () => {
  expect(Object.keys(FIELDS).toSorted()).toEqual(
    Object.keys(CheckConnectionResponse.create()).toSorted(),
  );
});

test("an answer is read as it was given, whatever it shares with answers before it", () => {
  fc.assert(
    fc.property(answers, (given) => {
      const read = given.map((message) => CheckConnectionResponse.decode(answerBytes(message)));
      expect(read).toEqual(given.map(readAsGenerated));
    }),
  );
});

test("a batch is read as it was given", () => {
  fc.assert(
    fc.property(answers, fc.integer({ min: 0 }).map(String), (results, policyVersion) => {
      const bytes = batchAnswerBytes({ results, policyVersion });
      expect(BatchCheckConnectionsResponse.decode(bytes)).toEqual({
        results: results.map(readAsGenerated),
        policyVersion,
      });
    }),
  );
});

function readAsGenerated(message: CheckConnectionResponse): CheckConnectionResponse {
  return CheckConnectionResponse.decode(CheckConnectionResponse.encode(message).finish());
}
