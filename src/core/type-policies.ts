import { append } from "./append.js";
import type { PolicyCandidates } from "./evaluate-policy.js";
import type { Policy, Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import type { IndexShape } from "./index-node.js";
import { buildRuleIndex, type RuleIndex } from "./rule-index.js";

/** The enabled policies of one type, compiled. Immutable. */
export interface TypePolicies {
  /** By priority descending, then id by code units; at least one. */
  readonly policies: readonly Policy[];
  /** Whether any of them says `default_effect: DENY`. */
  readonly defaultsToDeny: boolean;
  /** All their rules, in the order of `policies` and of their files, beside the policy of each. */
  readonly rules: readonly Rule[];
  readonly owners: readonly Policy[];
  readonly index: RuleIndex;
}

/** Yields now and then, so that a caller can let others have their turn. */
export function* compileType(
  policies: readonly Policy[],
  shape?: IndexShape,
): Generator<void, TypePolicies> {
  const rules: Rule[] = [];
  const owners: Policy[] = [];
  for (const policy of policies) {
    for (const rule of policy.rules) {
      rules.push(rule);
      owners.push(policy);
    }
    yield;
  }
  const defaultsToDeny = policies.some((policy) => policy.defaultEffect === "deny");
  return { policies, defaultsToDeny, rules, owners, index: yield* buildRuleIndex(rules, shape) };
}

/** The candidates of the policies that have any, from the index. */
export function indexedCandidates(
  { rules, owners, index }: TypePolicies,
  request: AccessRequest,
): readonly PolicyCandidates[] {
  let byPolicy: { policy: Policy; rules: Rule[] }[] = [];
  const ordinals = index.candidates(request);
  if (request.allowance) request.allowance.left -= ordinals.length;
  for (const ordinal of ordinals) {
    const [rule, policy] = [rules[ordinal], owners[ordinal]];
    if (!rule || !policy) continue;
    const last = byPolicy.at(-1);
    if (last?.policy === policy) last.rules.push(rule);
    else byPolicy = append(byPolicy, { policy, rules: [rule] });
  }
  return byPolicy;
}
