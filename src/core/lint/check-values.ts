import { parseAddress } from "../address.js";
import { nearest } from "../nearest.js";
import type { Policy, Rule } from "../policy.js";
import { CONNECTION_TYPE } from "../policy-types.js";
import { isKnownProtocol, PROTOCOL_NAMES } from "../protocol.js";
import { VIOLATION_SEVERITIES } from "../trust/trust-reading.js";
import { lookUp } from "../values.js";
import { outsideNames, textsOf } from "./check-conditions.js";
import { constantValue } from "./condition-outcomes.js";
import { comparedNames } from "./condition-parts.js";
import type { RuleFinding } from "./finding.js";
import { CONNECTION_ATTRIBUTES } from "./known-clients.js";

const CONDITION = ["condition"];

/** What the engine itself says under these names, and nothing else. */
const ENGINE_WORDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["client.trust_state", ["PROBATION", "ACTIVE", "REDUCED", "EXCLUDED"]],
  ["violation.severity", VIOLATION_SEVERITIES],
  ["policy_engine.status", ["healthy", "degraded"]],
]);
const ADDRESSES: readonly string[] = ["src_ip", "dst_ip"];

/** Texts that an attribute never has, so that a comparison with them decides nothing. */
export function* impossibleValues(
  { condition, parameters }: Rule,
  policy: Policy,
): Iterable<RuleFinding> {
  if (condition === undefined) return;
  for (const { name, other } of comparedNames(condition.expression)) {
    if (lookUp(parameters, name.path) !== undefined) continue;
    for (const text of textsOf(constantValue(other, parameters))) {
      const odd = oddityOf(name.path.join("."), text, policy);
      if (odd) yield { keys: CONDITION, ...odd };
    }
  }
}

function oddityOf(
  name: string,
  text: string,
  { type }: Policy,
): Pick<RuleFinding, "message" | "suggestion"> | undefined {
  const words = ENGINE_WORDS.get(name);
  if (words && !words.includes(text)) {
    const meant = nearest(text, words);
    return {
      message: `\`${name}\` is never ${JSON.stringify(text)}: it is ${words.join(", ")}`,
      ...(meant !== undefined && { suggestion: `write '${meant}'` }),
    };
  }
  if (type !== CONNECTION_TYPE || !ADDRESSES.includes(name) || parseAddress(text)) return undefined;
  return {
    message: `\`${name}\` is one address and never ${JSON.stringify(text)}: a condition knows no networks and no patterns`,
    suggestion: "compare it in `match`, which knows networks and ranges",
  };
}

/** Names of protocols that nobody knows: they equal themselves only. */
export function* unknownProtocols({ target }: Rule): Iterable<RuleFinding> {
  for (const { key, kind, expected } of target) {
    if (kind !== "protocol") continue;
    for (const name of textsOf(expected)) {
      // What looks like a wildcard has a check of its own.
      if (isKnownProtocol(name) || /\*|^(?:any|all)$/i.test(name)) continue;
      const meant = nearest(name, PROTOCOL_NAMES);
      yield {
        keys: ["match", key],
        message: `${JSON.stringify(name)} is no protocol that is known: it equals only itself`,
        ...(meant !== undefined && { suggestion: `write ${JSON.stringify(meant)}` }),
      };
    }
  }
}

/** Names in conditions about connections that are nearly those of a connection's attributes. */
export function* misspeltAttributes(rule: Rule, { type }: Policy): Iterable<RuleFinding> {
  if (type !== CONNECTION_TYPE) return;
  for (const path of outsideNames(rule)) {
    const name = path.join(".");
    if (path.length > 1 || CONNECTION_ATTRIBUTES.includes(name)) continue;
    const meant = nearest(name, CONNECTION_ATTRIBUTES, 1);
    if (meant === undefined) continue;
    yield {
      keys: CONDITION,
      message: `\`${name}\` is no attribute of a connection: it is absent unless the caller sends it besides`,
      suggestion: `was \`${meant}\` meant?`,
    };
  }
}
