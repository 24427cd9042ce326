import type { CatalogPolicy } from "../../../../application/policy-catalog.js";

/** A policy of family 2: as in the file, with what the dashboard reads besides. */
export function policyJson(stored: CatalogPolicy): object {
  const { policy, document, policyVersion, updateTimeMs, createTimeMs, source, etag } = stored;
  return {
    version: policyVersion,
    created_at: (createTimeMs ?? updateTimeMs) / 1000,
    updated_at: updateTimeMs / 1000,
    ...document,
    id: policy.id,
    policy_id: policy.id,
    policy_type: policy.type,
    enabled: policy.enabled,
    status: policy.enabled ? "active" : "disabled",
    policy_version: policyVersion,
    source: source.toUpperCase(),
    etag,
  };
}

/** What `policyJson` adds: a client that sends back what it got changes none of it. */
export const ADDED_TO_POLICIES: ReadonlySet<string> = new Set([
  "version",
  "created_at",
  "updated_at",
  "policy_id",
  "policy_type",
  "status",
  "policy_version",
  "source",
  "etag",
]);
