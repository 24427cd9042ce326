import type { AnalyzePolicyImpact } from "../application/analyze-policy-impact.js";
import type { AnswerKind as CoreAnswerKind, ImpactGroup } from "../application/policy-impact.js";
import {
  type AnalyzePolicyImpactRequest,
  type AnalyzePolicyImpactResponse,
  AnswerKind,
  type ImpactGroup as WireGroup,
} from "../gen/flopynet/policy/v1/policy_admin_service.js";
import { policyDocumentFromProto } from "./convert-validation.js";
import type { CallContext, ServiceHandlers } from "./rpc.js";

const ANSWER_KIND = {
  allowed: AnswerKind.ANSWER_KIND_ALLOWED,
  explicit: AnswerKind.ANSWER_KIND_DENIED_EXPLICIT,
  default: AnswerKind.ANSWER_KIND_DENIED_DEFAULT,
  error: AnswerKind.ANSWER_KIND_DENIED_ERROR,
  not_trusted: AnswerKind.ANSWER_KIND_DENIED_NOT_TRUSTED,
  invalid_request: AnswerKind.ANSWER_KIND_UNSPECIFIED, // Is never recorded.
} as const satisfies Record<CoreAnswerKind, AnswerKind>;

/** The part of `flopynet.policy.v1.PolicyAdminService` that says what a change would do. */
export function createPolicyImpactHandlers(analyze: AnalyzePolicyImpact): ServiceHandlers {
  return {
    analyzePolicyImpact: {
      kind: "unary",
      handle: async (
        request: AnalyzePolicyImpactRequest,
        { signal }: CallContext,
      ): Promise<AnalyzePolicyImpactResponse> => {
        const question = {
          documents: request.policies.map(policyDocumentFromProto),
          deletedIds: request.deletePolicyIds,
          maxDecisions: request.maxDecisions,
        };
        const impact = await analyze(question, signal);
        return { ...impact, groups: impact.groups.map(groupToProto) };
      },
    },
  };
}

function groupToProto({ rule, from, to, count, examples }: ImpactGroup): WireGroup {
  return {
    ...(rule && { rule: { ...rule } }),
    from: ANSWER_KIND[from],
    to: ANSWER_KIND[to],
    count,
    examples: [...examples],
  };
}
