import { conditionNames } from "./evaluate-condition.js";
import { finish } from "./finish.js";
import type { Policy } from "./policy.js";
import type { IndexShape } from "./index-node.js";
import { CONNECTION_TYPE, plainSpelling } from "./policy-types.js";
import { compileType, type TypePolicies } from "./type-policies.js";
import type { Effect } from "./verbs.js";

/** Everything a decision depends on besides the request. Immutable; swapped whole. */
export interface PolicySnapshot {
  readonly policyVersion: number;
  /** Types without an enabled policy are absent. */
  readonly policiesByType: ReadonlyMap<string, TypePolicies>;
  /** These types, and that of connections, by their plain spelling: types are compared exactly. */
  readonly typesBySpelling: ReadonlyMap<string, string>;
  /** What answers for a type no enabled policy has, where the type's own row permits. */
  readonly unknownTypeEffect: Effect;
  /** Whether an enabled rule reads `policy_engine.status`, which is resolved only then. */
  readonly readsEngineStatus: boolean;
}

export interface SnapshotOptions {
  readonly policyVersion: number;
  readonly unknownTypeEffect?: Effect;
  /** Default: as measured. Tests take small ones, to meet every kind of node with few rules. */
  readonly indexShape?: IndexShape;
}

/** The order of ids is by code unit, never by locale: `10` < `9` < `B` < `a`. */
export function compareIds(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Builds the snapshot of `policies`, in any order; disabled ones are left out. */
export function buildSnapshot(
  policies: readonly Policy[],
  options: SnapshotOptions,
): PolicySnapshot {
  return finish(snapshotSteps(policies, options));
}

/**
 * The same, in steps of well under a millisecond each: whoever runs them decides when others have
 * their turn.
 */
export function* snapshotSteps(
  policies: readonly Policy[],
  { policyVersion, unknownTypeEffect = "permit", indexShape }: SnapshotOptions,
): Generator<void, PolicySnapshot> {
  const grouped = new Map<string, Policy[]>();
  for (const policy of policies) {
    if (!policy.enabled) continue;
    const group = grouped.get(policy.type);
    if (group) group.push(policy);
    else grouped.set(policy.type, [policy]);
  }
  const policiesByType = new Map<string, TypePolicies>();
  for (const [type, group] of grouped) {
    yield;
    group.sort(byPriority);
    policiesByType.set(type, yield* compileType(group, indexShape));
  }
  const typesBySpelling = new Map(
    [...policiesByType.keys(), CONNECTION_TYPE].map((type) => [plainSpelling(type), type]),
  );
  const readsEngineStatus = yield* anyReadsEngineStatus(policiesByType);
  return { policyVersion, policiesByType, typesBySpelling, unknownTypeEffect, readsEngineStatus };
}

function* anyReadsEngineStatus(
  policiesByType: PolicySnapshot["policiesByType"],
): Generator<void, boolean> {
  for (const { rules } of policiesByType.values()) {
    for (const [index, { target, condition }] of rules.entries()) {
      if (target.some(({ key }) => key.startsWith(ENGINE_STATUS))) return true;
      const names = condition ? conditionNames(condition.expression) : [];
      if (names.some(([root]) => root === ENGINE_STATUS)) return true;
      if (index % RULES_PER_STEP === 0) yield;
    }
  }
  return false;
}

const ENGINE_STATUS = "policy_engine";
const RULES_PER_STEP = 100;

function byPriority(left: Policy, right: Policy): number {
  return right.priority - left.priority || compareIds(left.id, right.id);
}
