import type { Expression } from "../../src/core/condition.js";
import type { Policy, Rule } from "../../src/core/policy.js";
import { buildSnapshot, type PolicySnapshot } from "../../src/core/snapshot.js";
import type { ValueMap } from "../../src/core/values.js";
import { VERB_CLASSES } from "../../src/core/verbs.js";
import type { Effect } from "../../src/core/verbs.js";

const FALSE: Expression = { kind: "literal", value: false };
const MISSING: Expression = { kind: "name", path: ["nowhere"] };

/**
 * A rule from a word: `deny` applies to everything, `deny!` always errs (it reads the missing
 * attribute `nowhere`), `deny-` never applies, `deny#` is switched off.
 */
export function rule(word: string, index = 0, parameters: ValueMap = {}): Rule {
  const [, action = "", mark] = /^(\w+)([!#-]?)$/.exec(word) ?? [];
  const verbClass = VERB_CLASSES.get(action);
  if (!verbClass) throw new Error(`no verb in ${word}`);
  const condition = mark === "!" ? MISSING : mark === "-" ? FALSE : undefined;
  return {
    id: String(index),
    index,
    action,
    verbClass,
    description: "",
    enabled: mark !== "#",
    target: [],
    ...(condition && { condition: { text: word, expression: condition } }),
    parameters,
    isTrustRule: false,
  };
}

/** A policy from words: `policy("a", "allow- deny", { priority: 5 })`. */
export function policy(id: string, words: string, overrides: Partial<Policy> = {}): Policy {
  return {
    id,
    name: id,
    type: "network_security",
    description: "",
    priority: 0,
    enabled: true,
    rules: words.split(" ").flatMap((word, index) => (word === "" ? [] : [rule(word, index)])),
    ...overrides,
  };
}

export function snapshot(
  policies: readonly Policy[],
  options: { policyVersion?: number; unknownTypeEffect?: Effect } = {},
): PolicySnapshot {
  return buildSnapshot(policies, { policyVersion: 1, ...options });
}
