import { isList, isPlainMap, type Value, type ValueMap } from "../../core/values.js";
import { mapOf, structOf, type WireStruct } from "./wire-answer.js";

/** A policy as a dynamic client has it. */
export interface WirePolicy {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly priority: number;
  readonly enabled?: boolean;
  readonly combining: string;
  readonly defaultEffect: string;
  readonly onError: string;
  readonly rules: readonly WireRule[];
  readonly etag: string;
  readonly policyVersion: number;
  readonly source: string;
}

interface WireRule {
  readonly id: string;
  readonly action: string;
  readonly description: string;
  readonly match?: WireStruct | null;
  readonly condition: string;
  readonly parameters?: WireStruct | null;
  readonly severity: string;
  readonly enabled?: boolean;
}

const RULE_KEYS: readonly string[] = [
  ...["id", "rule_id", "action", "description", "match", "condition", "parameters"],
  ...["severity", "enabled"],
];
const POLICY_KEYS: readonly string[] = [
  ...["id", "name", "type", "description", "priority", "enabled", "combining"],
  ...["default_effect", "on_error", "rules"],
];

/** In the words of files, without what nobody said. */
export function documentFromWire(wire: WirePolicy): ValueMap {
  return said({
    id: wire.id,
    name: wire.name,
    type: wire.type,
    description: wire.description,
    priority: wire.priority,
    enabled: wire.enabled ?? true,
    combining: wordOf(wire.combining, "COMBINING_ALGORITHM_"),
    default_effect: wordOf(wire.defaultEffect, "DEFAULT_EFFECT_"),
    on_error: wordOf(wire.onError, "ON_ERROR_"),
    rules: wire.rules.map((rule) =>
      said({
        id: rule.id,
        action: rule.action,
        description: rule.description,
        ...(rule.match && { match: mapOf(rule.match) }),
        condition: rule.condition,
        ...(rule.parameters && { parameters: mapOf(rule.parameters) }),
        severity: rule.severity,
        ...(rule.enabled === false && { enabled: false }),
      }),
    ),
  });
}

/** @param document - Of a policy that the engine found valid; what `unsendable` names is left out. */
export function wireFromDocument(document: ValueMap): object {
  const { rules = [] } = document;
  const enumOf = (key: string, prefix: string): object =>
    typeof document[key] === "string" ? { [key]: `${prefix}${document[key].toUpperCase()}` } : {};
  const { default_effect: defaultEffect, on_error: onError } = {
    ...enumOf("default_effect", "DEFAULT_EFFECT_"),
    ...enumOf("on_error", "ON_ERROR_"),
  } as ValueMap;
  const plain = POLICY_KEYS.slice(0, 6).filter((key) => Object.hasOwn(document, key));
  return {
    ...Object.fromEntries(plain.map((key) => [key, document[key]])),
    ...enumOf("combining", "COMBINING_ALGORITHM_"),
    ...(defaultEffect !== undefined && { defaultEffect }),
    ...(onError !== undefined && { onError }),
    rules: rulesOf(rules).map(({ rule_id: alias, match, parameters, ...rule }) => ({
      ...(alias !== undefined && { id: alias }),
      ...rule,
      ...(match !== undefined && isPlainMap(match) && { match: structOf(match) }),
      ...(parameters !== undefined &&
        isPlainMap(parameters) && { parameters: structOf(parameters) }),
    })),
  };
}

/** The keys that only a file can hold: of the policy, and of its rules. */
export function unsendable(document: ValueMap): {
  readonly policy: readonly string[];
  readonly rules: readonly string[];
} {
  const { rules = [] } = document;
  const inRules = rulesOf(rules).flatMap((rule) => Object.keys(rule));
  return {
    policy: Object.keys(document).filter((key) => !POLICY_KEYS.includes(key)),
    rules: [...new Set(inRules)].filter((key) => !RULE_KEYS.includes(key)),
  };
}

function rulesOf(rules: Value): readonly ValueMap[] {
  return isList(rules) ? rules.filter(isPlainMap) : [];
}

function wordOf(name: string, prefix: string): string {
  const word = name.slice(prefix.length);
  return word === "UNSPECIFIED" ? "" : word;
}

function said(map: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== ""));
}
