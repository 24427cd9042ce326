import type { StoredPolicy } from "./ports/policy-source.js";

/** A policy of the active set, with where and when it last changed. */
export interface CatalogPolicy extends Omit<StoredPolicy, "source"> {
  /** `api`: in the main file, where a change through the API put it. */
  readonly source: StoredPolicy["source"] | "api";
  /** Version of the set in which it last changed, as far as the history was looked at. */
  readonly policyVersion: number;
  /** When that was. */
  readonly updateTimeMs: number;
  /** Absent when not known. */
  readonly createTimeMs?: number;
}

export interface ReloadOptions {
  /** True to put the last good set back where the files cannot be loaded. */
  readonly discardFileChanges: boolean;
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
  /** @throws {PdpError} POLICY_NOT_FOUND, NO_ACTIVE_POLICY. */
  get(policyId: string): CatalogPolicy;
  /** Of the active set; 0 without one. */
  version(): number;
  /** @throws {PdpError} POLICY_INVALID with the issues; the last good set stays. */
  reload(
    options?: ReloadOptions,
  ): Promise<{ readonly policyVersion: number; readonly changed: boolean }>;
}
