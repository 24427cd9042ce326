import type { StoredPolicy } from "./ports/policy-source.js";

/** A policy of the active set, with where and when it last changed. */
export interface CatalogPolicy extends StoredPolicy {
  /** Version of the set in which it last changed, as far as this process knows. */
  readonly policyVersion: number;
  /** When this process first loaded this content. */
  readonly updateTimeMs: number;
}

export interface ListPoliciesQuery {
  /** Empty: every type. */
  readonly type: string;
  readonly enabled?: boolean;
  /** 0 means the default of 100; more than 1,000 is served as 1,000. Negative is refused. */
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Reading the active policies, and loading them anew. */
export interface PolicyCatalog {
  /** By descending priority, `network_security` first, then id. @throws {PdpError} REQUEST_INVALID, NO_ACTIVE_POLICY. */
  list(query: ListPoliciesQuery): {
    readonly policies: readonly CatalogPolicy[];
    readonly nextPageToken: string;
  };
  /** Every policy, in the order of `list`. @throws {PdpError} NO_ACTIVE_POLICY. */
  all(): readonly CatalogPolicy[];
  /** @throws {PdpError} POLICY_NOT_FOUND, POLICY_VERSION_NOT_FOUND (any version but the active one), NO_ACTIVE_POLICY. */
  get(policyId: string, policyVersion?: number): CatalogPolicy;
  /** @throws {PdpError} POLICY_INVALID with the issues; the last good set stays. */
  reload(): Promise<{ readonly policyVersion: number; readonly changed: boolean }>;
}
