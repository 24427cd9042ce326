import type { Policy } from "./policy.js";
import type { Effect } from "./verbs.js";

/** Everything a decision depends on besides the request. Immutable; swapped whole. */
export interface PolicySnapshot {
  readonly policyVersion: number;
  /** Enabled policies of each type, by priority descending, then id by code units. Types without an enabled policy are absent. */
  readonly policiesByType: ReadonlyMap<string, readonly Policy[]>;
  /** What answers for a type no enabled policy has, where the type's own row permits. */
  readonly unknownTypeEffect: Effect;
}

/** The order of ids is by code unit, never by locale: `10` < `9` < `B` < `a`. */
export function compareIds(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Builds the snapshot of `policies`, in any order; disabled ones are left out. */
export function buildSnapshot(
  policies: readonly Policy[],
  options: { readonly policyVersion: number; readonly unknownTypeEffect?: Effect },
): PolicySnapshot {
  const enabled = policies.filter((policy) => policy.enabled);
  const types = new Set(enabled.map((policy) => policy.type));
  return {
    policyVersion: options.policyVersion,
    policiesByType: new Map(
      [...types].map((type) => [
        type,
        enabled.filter((policy) => policy.type === type).sort(byPriority),
      ]),
    ),
    unknownTypeEffect: options.unknownTypeEffect ?? "permit",
  };
}

function byPriority(left: Policy, right: Policy): number {
  return right.priority - left.priority || compareIds(left.id, right.id);
}
