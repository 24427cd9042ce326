import type { PolicyCatalog } from "../application/policy-catalog.js";
import type { PolicyVersions } from "../application/policy-versions.js";
import type { PolicyValidation } from "../application/validate-policies.js";
import type {
  GetPolicyRequest,
  GetPolicyResponse,
  ListPoliciesRequest,
  ListPoliciesResponse,
  ReloadPoliciesRequest,
  ReloadPoliciesResponse,
  ValidatePoliciesRequest,
  ValidatePoliciesResponse,
} from "../gen/flopynet/policy/v1/policy_admin_service.js";
import { documentToProto } from "./convert-policy-version.js";
import { policyToProto } from "./convert-policy.js";
import { issueToProto, policyDocumentFromProto } from "./convert-validation.js";
import type { CallContext, ServiceHandlers } from "./rpc.js";

/** The part of `flopynet.policy.v1.PolicyAdminService` that shows, checks and loads. */
export function createPolicyAdminHandlers(
  catalog: PolicyCatalog,
  validation: PolicyValidation,
  versions: PolicyVersions,
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
      handle: async ({ policyId, policyVersion }: GetPolicyRequest): Promise<GetPolicyResponse> => {
        const version = policyVersion === undefined ? catalog.version() : Number(policyVersion);
        if (version === catalog.version()) return { policy: policyToProto(catalog.get(policyId)) };
        const document = await versions.getPolicy(version, policyId);
        return { policy: documentToProto(document, version) };
      },
    },
    validatePolicies: {
      kind: "unary",
      handle: async (
        { policies, document }: ValidatePoliciesRequest,
        { signal }: CallContext,
      ): Promise<ValidatePoliciesResponse> => {
        const content = { policies: policies.map(policyDocumentFromProto), document };
        const issues = await validation.validate(content, signal);
        return { issues: issues.map(issueToProto) };
      },
    },
    reloadPolicies: {
      kind: "unary",
      handle: async ({
        discardFileChanges,
      }: ReloadPoliciesRequest): Promise<ReloadPoliciesResponse> => {
        const { policyVersion, changed } = await catalog.reload({ discardFileChanges });
        return { policyVersion: String(policyVersion), changed };
      },
    },
  };
}
