import type { PolicySnapshot } from "../core/snapshot.js";
import {
  stateRuleTexts,
  type TrustRule,
  trustRulesFrom,
  trustRulesOf,
  type TrustRulesText,
} from "../core/trust-policy.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import type { ValueMap } from "../core/values.js";
import type { Digests } from "./ports/digests.js";
import type { RulesInForce } from "./ports/observation-log.js";

/** The trust rules of one policy set, in every form that somebody needs. */
export interface TrustRulesNow {
  /** Every trust rule, priority descending, then policy id, then position. */
  readonly asked: readonly TrustRule[];
  /** Those that drive states, as the computation takes them. */
  readonly rules: TrustRules;
  /** The same as it is kept beside a closed round. */
  readonly record: RulesInForce;
}

/** What the operator sets besides policy. */
export interface TrustRulesOptions {
  readonly newcomerWeight: number;
  /** Absent: half of the selected, and at least 2. */
  readonly minCohort?: number;
}

/** The rules of a set are found once; without a set there are none. */
export function createTrustRulesInForce(deps: {
  readonly activeSnapshot: () => PolicySnapshot | undefined;
  readonly digests: Pick<Digests, "sha256">;
  readonly options: TrustRulesOptions;
}): (snapshot?: PolicySnapshot) => TrustRulesNow {
  const known = new WeakMap<PolicySnapshot, TrustRulesNow>();
  let none: TrustRulesNow | undefined;

  function made(asked: readonly TrustRule[], policyVersion: number): TrustRulesNow {
    const text: TrustRulesText = { rules: stateRuleTexts(asked), ...deps.options };
    const hash = deps.digests.sha256(JSON.stringify(text));
    // Plain data all through: a rule's parameters are JSON values, and so is a condition's tree.
    const content = text as unknown as ValueMap;
    return {
      asked,
      rules: trustRulesFrom(text, hash),
      record: { hash, policyVersion, content },
    };
  }

  return (snapshot = deps.activeSnapshot()) => {
    if (!snapshot) return (none ??= made([], 0));
    let found = known.get(snapshot);
    if (!found) {
      found = made(trustRulesOf(snapshot), snapshot.policyVersion);
      known.set(snapshot, found);
    }
    return found;
  };
}

/** The rules that were kept beside a closed round. */
export function keptTrustRules({ hash, content }: RulesInForce): {
  readonly text: TrustRulesText;
  readonly rules: TrustRules;
} {
  const text = content as unknown as TrustRulesText;
  return { text, rules: trustRulesFrom(text, hash) };
}
