import type { PolicyCatalog } from "../application/policy-catalog.js";
import type { PolicyValidation } from "../application/validate-policies.js";
import type {
  GetPolicyRequest,
  GetPolicyResponse,
  ListPoliciesRequest,
  ListPoliciesResponse,
  ReloadPoliciesResponse,
  ValidatePoliciesRequest,
  ValidatePoliciesResponse,
} from "../gen/flopynet/policy/v1/policy_admin_service.js";
import { policyToProto } from "./convert-policy.js";
import { issueToProto, policyDocumentFromProto } from "./convert-validation.js";
import type { ServiceHandlers } from "./rpc.js";

/** `flopynet.policy.v1.PolicyAdminService`. */
export function createPolicyAdminHandlers(
  catalog: PolicyCatalog,
  validation: PolicyValidation,
): ServiceHandlers {
  return {
    listPolicies: {
      kind: "unary",
      handle: (request: ListPoliciesRequest): ListPoliciesResponse => {
        const { type, enabled, pageSize, pageToken } = request;
        const page = catalog.list({
          type,
          ...(enabled !== undefined && { enabled }),
          pageSize,
          pageToken,
        });
        return { policies: page.policies.map(policyToProto), nextPageToken: page.nextPageToken };
      },
    },
    getPolicy: {
      kind: "unary",
      handle: ({ policyId, policyVersion }: GetPolicyRequest): GetPolicyResponse => ({
        policy: policyToProto(
          policyVersion === undefined
            ? catalog.get(policyId)
            : catalog.get(policyId, Number(policyVersion)),
        ),
      }),
    },
    validatePolicies: {
      kind: "unary",
      handle: async (request: ValidatePoliciesRequest): Promise<ValidatePoliciesResponse> => {
        const policies = request.policies.map(policyDocumentFromProto);
        const issues = await validation.validate({ policies, document: request.document });
        return { issues: issues.map(issueToProto) };
      },
    },
    reloadPolicies: {
      kind: "unary",
      // Nothing is written through the API yet, so `discard_file_changes` has nothing to discard.
      handle: async (): Promise<ReloadPoliciesResponse> => {
        const { policyVersion, changed } = await catalog.reload();
        return { policyVersion: String(policyVersion), changed };
      },
    },
  };
}
