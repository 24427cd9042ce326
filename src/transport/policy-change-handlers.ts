import type { ChangeAuthor } from "../application/change-in-turn.js";
import type { PolicyChanges } from "../application/change-policy.js";
import { invalidField, PdpError } from "../application/errors.js";
import type { PolicyVersions } from "../application/policy-versions.js";
import type { Policy } from "../gen/flopynet/policy/v1/policy.js";
import type {
  CreatePolicyRequest,
  CreatePolicyResponse,
  DeletePolicyRequest,
  DeletePolicyResponse,
  DiffPolicyVersionsRequest,
  DiffPolicyVersionsResponse,
  EnablePolicyRequest,
  EnablePolicyResponse,
  GetPolicyVersionRequest,
  GetPolicyVersionResponse,
  ListPolicyVersionsRequest,
  ListPolicyVersionsResponse,
  RollbackPoliciesRequest,
  RollbackPoliciesResponse,
  UpdatePolicyRequest,
  UpdatePolicyResponse,
} from "../gen/flopynet/policy/v1/policy_admin_service.js";
import { policyToProto } from "./convert-policy.js";
import {
  differenceToProto,
  versionContentToProto,
  versionToProto,
} from "./convert-policy-version.js";
import { policyDocumentFromProto } from "./convert-validation.js";
import { maskedFields, revisedDocument } from "./revise-policy.js";
import type { CallContext, ServiceHandlers } from "./rpc.js";

/** The part of `flopynet.policy.v1.PolicyAdminService` that changes policy. */
export function createPolicyChangeHandlers(changes: PolicyChanges): ServiceHandlers {
  const setEnabled =
    (enabled: boolean) =>
    async (
      { policyId, etag }: EnablePolicyRequest,
      call: CallContext,
    ): Promise<EnablePolicyResponse> => {
      const policy = await changes.setEnabled({ policyId, etag, enabled }, authorOf(call));
      return { policy: policyToProto(policy) };
    };

  return {
    createPolicy: {
      kind: "unary",
      handle: async (
        request: CreatePolicyRequest,
        call: CallContext,
      ): Promise<CreatePolicyResponse> => {
        const document = policyDocumentFromProto(given(request.policy));
        const { validateOnly } = request;
        const policy = await changes.create({ document, validateOnly }, authorOf(call));
        return { policy: policyToProto(policy) };
      },
    },
    updatePolicy: {
      kind: "unary",
      handle: async (
        request: UpdatePolicyRequest,
        call: CallContext,
      ): Promise<UpdatePolicyResponse> => {
        const message = given(request.policy);
        if (message.id === "") throw invalidField("policy.id", "must be given");
        const fields = maskedFields(request.updateMask);
        const policy = await changes.update(
          {
            policyId: message.id,
            etag: message.etag,
            revise: (current) => revisedDocument(current, message, fields),
            validateOnly: request.validateOnly,
          },
          authorOf(call),
        );
        return { policy: policyToProto(policy) };
      },
    },
    deletePolicy: {
      kind: "unary",
      handle: async (
        { policyId, etag }: DeletePolicyRequest,
        call: CallContext,
      ): Promise<DeletePolicyResponse> => {
        const { policyVersion } = await changes.remove({ policyId, etag }, authorOf(call));
        return { policyVersion: String(policyVersion) };
      },
    },
    enablePolicy: { kind: "unary", handle: setEnabled(true) },
    disablePolicy: { kind: "unary", handle: setEnabled(false) },
    rollbackPolicies: {
      kind: "unary",
      handle: async (
        request: RollbackPoliciesRequest,
        call: CallContext,
      ): Promise<RollbackPoliciesResponse> => {
        const author = authorOf(call);
        const { policyVersion } = await changes.rollback(
          { policyVersion: Number(request.policyVersion) },
          request.reason === "" ? author : { ...author, reason: request.reason },
        );
        return { policyVersion: String(policyVersion) };
      },
    },
  };
}

/** The part of `flopynet.policy.v1.PolicyAdminService` that reads the history. */
export function createPolicyVersionHandlers(versions: PolicyVersions): ServiceHandlers {
  return {
    listPolicyVersions: {
      kind: "unary",
      handle: async (request: ListPolicyVersionsRequest): Promise<ListPolicyVersionsResponse> => {
        const page = await versions.list(request);
        return {
          versions: page.versions.map(versionToProto),
          nextPageToken: page.nextPageToken,
        };
      },
    },
    getPolicyVersion: {
      kind: "unary",
      handle: async (request: GetPolicyVersionRequest): Promise<GetPolicyVersionResponse> => {
        const content = await versions.get(Number(request.policyVersion));
        return { version: versionContentToProto(content) };
      },
    },
    diffPolicyVersions: {
      kind: "unary",
      handle: async (request: DiffPolicyVersionsRequest): Promise<DiffPolicyVersionsResponse> => {
        const from = Number(request.fromVersion);
        const to = Number(request.toVersion);
        const { changes, unifiedText } = await versions.diff(from, to);
        return {
          changes: changes.map((change) => differenceToProto(change, { from, to })),
          unifiedText,
        };
      },
    },
  };
}

/** On whose behalf a call changes policy, and why. @throws {PdpError} REQUEST_INVALID. */
export function authorOf({ peer, metadata }: CallContext): ChangeAuthor {
  const reason = [...metadata.get("x-change-reason"), ...metadata.get("x-change-reason-bin")]
    .map(String)
    .join("; ");
  const [confirmed] = metadata.get("x-confirm-impact").map(String);
  if (confirmed === undefined) return { actor: peer, reason };
  if (/^\d{1,9}$/.test(confirmed))
    return { actor: peer, reason, confirmedFlips: Number(confirmed) };
  const rule = `must be how many decisions the change flips, such as 37, got ${confirmed.slice(0, 100)}`;
  const violations = [{ field: "x-confirm-impact", rule }];
  throw new PdpError({ reason: "REQUEST_INVALID", violations });
}

function given(policy: Policy | undefined): Policy {
  if (policy) return policy;
  const violations = [{ field: "policy", rule: "is missing" }];
  throw new PdpError({ reason: "REQUEST_INVALID", violations });
}
