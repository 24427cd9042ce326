import fc from "fast-check";
import { decide, decideAndExplain, decideByReference } from "../../src/core/decide.js";
import type { Decision, Explanation } from "../../src/core/decision.js";
import { isCandidate } from "../../src/core/evaluate-rule.js";
import { accessRequest, type AccessRequest } from "../../src/core/request.js";
import { buildSnapshot, type PolicySnapshot } from "../../src/core/snapshot.js";
import type { IndexShape } from "../../src/core/index-node.js";
import {
  compiled,
  type WrittenPolicy,
  type WrittenRequest,
  writtenPolicies,
  writtenRequest,
} from "./arbitrary-policies.js";

/** As in production; bits wherever there is a choice; hashes, and bits of a handful below them. */
const SHAPES: readonly (IndexShape | undefined)[] = [
  undefined,
  { few: 0, crowd: Number.MAX_SAFE_INTEGER, gain: 1 },
  { few: 1, crowd: 1, gain: 1 },
];

export const REQUESTS_PER_SET = 20;

export interface AgreementCase {
  readonly policies: readonly WrittenPolicy[];
  readonly requests: readonly WrittenRequest[];
}

export const agreementCase: fc.Arbitrary<AgreementCase> = fc.record({
  policies: writtenPolicies,
  requests: fc.array(writtenRequest, {
    minLength: REQUESTS_PER_SET,
    maxLength: REQUESTS_PER_SET,
  }),
});

/** How often the interesting cases came up. */
export interface Coverage {
  pairs: number;
  permit: number;
  deny: number;
  default: number;
  error: number;
  tie: number;
  moreThanThreeMatches: number;
}

export function emptyCoverage(): Coverage {
  return { pairs: 0, permit: 0, deny: 0, default: 0, error: 0, tie: 0, moreThanThreeMatches: 0 };
}

export interface Answers {
  readonly request: AccessRequest;
  readonly expected: Decision;
  /** One per kind of index; all must equal `expected`. */
  readonly byIndex: readonly Decision[];
}

/** Every request of a case, answered by the definition and by every kind of index. */
export function answersOf({ policies, requests }: AgreementCase, coverage: Coverage): Answers[] {
  const rules = compiled(policies);
  const snapshots = SHAPES.map((indexShape) =>
    buildSnapshot(rules, { policyVersion: 1, ...(indexShape && { indexShape }) }),
  );
  const [snapshot] = snapshots;
  if (!snapshot) throw new Error("no index to compare with");
  return requests.map(({ type, attributes }) => {
    const request = accessRequest(type, attributes);
    const { decision: expected, explanation } = decideAndExplain(snapshot, request);
    count(coverage, snapshot, request, { decision: expected, explanation });
    return {
      request,
      expected: decideByReference(snapshot, request),
      byIndex: [expected, ...snapshots.map((one) => decide(one, request))],
    };
  });
}

function count(
  coverage: Coverage,
  snapshot: PolicySnapshot,
  request: AccessRequest,
  answer: { readonly decision: Decision; readonly explanation: Explanation },
): void {
  const { decision, explanation } = answer;
  const policies = snapshot.policiesByType.get(request.policyType)?.policies ?? [];
  const matches = policies.flatMap(({ rules }) =>
    rules.filter((rule) => isCandidate(rule, request)),
  );
  const applicable = explanation.policies.filter((policy) => policy.applicable);
  const priorities = new Set(applicable.map(({ priority }) => priority));
  coverage.pairs += 1;
  if (decision.allowed && decision.determiningRules.length > 0) coverage.permit += 1;
  if (decision.denyKind === "explicit") coverage.deny += 1;
  if (decision.denyKind === "error") coverage.error += 1;
  if (decision.determiningRules.length === 0) coverage.default += 1;
  if (priorities.size < applicable.length) coverage.tie += 1;
  if (matches.length > 3) coverage.moreThanThreeMatches += 1;
}
