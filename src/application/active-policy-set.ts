import { type PolicySnapshot, snapshotSteps } from "../core/snapshot.js";
import type { Effect } from "../core/verbs.js";
import type { CatalogPolicy } from "./policy-catalog.js";
import type { Clock } from "./ports/clock.js";
import type { PolicyOrigins } from "./ports/policy-history.js";
import type { LoadedPolicySet } from "./ports/policy-source.js";
import { runInSlices } from "./run-in-slices.js";

/** The set that decides. Immutable; replaced whole. */
export interface ActivePolicySet {
  readonly snapshot: PolicySnapshot;
  readonly policies: readonly CatalogPolicy[];
  readonly contentHash: string;
  /** `version` of the main file; absent when it has none. */
  readonly fileVersion?: number;
  readonly loadedAtMs: number;
}

/** A loaded set under its number, ready to decide. */
export async function activePolicySet(
  set: LoadedPolicySet,
  facts: {
    readonly policyVersion: number;
    /** Of every policy of the set. */
    readonly origins: PolicyOrigins;
    readonly unknownTypeEffect: Effect;
    readonly clock: Clock;
    /** The active set, where it has the same content. */
    readonly same?: ActivePolicySet | undefined;
  },
): Promise<ActivePolicySet> {
  const { policyVersion, origins, unknownTypeEffect, clock, same } = facts;
  const nowMs = clock.nowMs();
  const policies = set.policies.map(({ policy }) => policy);
  const snapshot =
    same?.snapshot ??
    (await runInSlices(snapshotSteps(policies, { policyVersion, unknownTypeEffect }), clock));
  return {
    snapshot,
    policies: set.policies.map((stored) => {
      const { throughApi, ...origin } = origins.get(stored.policy.id) ?? {
        policyVersion,
        updateTimeMs: nowMs,
        throughApi: false,
      };
      const source = throughApi && stored.source === "file" ? "api" : stored.source;
      return { ...origin, ...stored, source };
    }),
    contentHash: set.contentHash,
    ...(set.fileVersion !== undefined && { fileVersion: set.fileVersion }),
    loadedAtMs: same?.loadedAtMs ?? nowMs,
  };
}
