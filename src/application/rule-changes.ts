import type { RuleRef } from "../core/decision.js";
import type { Policy, Rule } from "../core/policy.js";
import type { Target } from "../core/target.js";
import { sameValue } from "./same-value.js";

/**
 * Tells which rules differ between two sets in what they mean: a rule that is in one of them only,
 * or that says something else, or whose policy does. Each rule is compared once, when it is asked for.
 */
export function createRuleChanges(
  before: readonly Policy[],
  after: readonly Policy[],
): (rule: RuleRef) => boolean {
  const olds = byId(before);
  const news = byId(after);
  const known = new Map<string, boolean>();
  return ({ policyId, ruleId }) => {
    const key = JSON.stringify([policyId, ruleId]);
    let changed = known.get(key);
    if (changed === undefined) {
      changed = !sameRule(olds.get(policyId), news.get(policyId), ruleId);
      known.set(key, changed);
    }
    return changed;
  };
}

function byId(policies: readonly Policy[]): ReadonlyMap<string, Policy> {
  return new Map(policies.map((policy) => [policy.id, policy]));
}

function sameRule(before: Policy | undefined, after: Policy | undefined, ruleId: string): boolean {
  if (before === after) return true;
  if (!before || !after || !sameFrame(before, after)) return false;
  const old = before.rules.find(({ id }) => id === ruleId);
  const young = after.rules.find(({ id }) => id === ruleId);
  return old !== undefined && young !== undefined && sameMeaning(old, young);
}

function sameFrame(before: Policy, after: Policy): boolean {
  return (
    before.type === after.type &&
    before.priority === after.priority &&
    before.enabled === after.enabled &&
    before.combining === after.combining &&
    before.defaultEffect === after.defaultEffect &&
    before.onError === after.onError
  );
}

function sameMeaning(before: Rule, after: Rule): boolean {
  return (
    before.action === after.action &&
    before.enabled === after.enabled &&
    before.unevaluable === after.unevaluable &&
    before.condition?.text === after.condition?.text &&
    sameValue(before.parameters, after.parameters) &&
    sameValue(written(before.target), written(after.target))
  );
}

function written(target: Target): { readonly [key: string]: Target[number]["expected"] } {
  return Object.fromEntries(target.map(({ key, expected }) => [key, expected]));
}
