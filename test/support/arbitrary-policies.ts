import fc from "fast-check";
import type { CombiningAlgorithm, OnError, Policy, Rule } from "../../src/core/policy.js";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { Expression } from "../../src/core/condition.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { type Effect, VERB_CLASSES } from "../../src/core/verbs.js";
import { expressionOf } from "./conditions.js";

/**
 * Policies and requests over one small alphabet, biased to the edges of prefixes and ranges, so that
 * rules match often and in company. Uniform random values almost never match anything.
 */

const POLICY_TYPES = ["network_security", "fl_security", "security", "trust_reputation"] as const;

const COMPONENT_TYPES = ["fl-client", "fl-server", "collector", ""];
const PROTOCOLS: readonly Value[] = ["tcp", "TCP", 6, "6", "udp", 17, "arp", "odd-name"];
const NETWORKS = [
  "10.0.0.0/8",
  "10.1.0.0/16",
  "10.1.2.0/24",
  "10.1.2.3",
  "0.0.0.0/0",
  "::/0",
  "::ffff:10.1.0.0/112",
  "2001:db8::/32",
  "2001:db8::1",
];
const ADDRESS_RANGES = [
  "10.1.2.3-10.1.2.255",
  "10.1.2.4-10.1.3.0",
  "10.0.0.0-10.1.2.3",
  "2001:db8::-2001:db8::1",
];
const ADDRESSES: readonly Value[] = [
  "10.1.2.3",
  "::ffff:10.1.2.3",
  "10.1.2.255",
  "10.1.3.0",
  "10.255.255.255",
  "11.0.0.0",
  "2001:db8::1",
  "2001:db9::",
  "unknown",
];
const RULE_PORTS: readonly Value[] = [
  80,
  "80",
  "1-1023",
  "22-79,81-8079",
  "0-65535",
  65_535,
  "1024-65535",
];
const PORTS: readonly Value[] = [1, 22, 79, 80, "80", 81, 1023, 1024, 8079, 65_535, 0, "080"];
const SCALARS: readonly Value[] = ["train", "1", 1, true, "true", "", 1e21, "1e21", -0];

/** Two come up often, so that policies of one type meet. */
const anyPolicyType = fc.oneof(
  { weight: 4, arbitrary: fc.constant(POLICY_TYPES[0]) },
  { weight: 4, arbitrary: fc.constant(POLICY_TYPES[1]) },
  { weight: 1, arbitrary: fc.constantFrom(...POLICY_TYPES.slice(2)) },
);

/** What a rule may ask for, and what requests have, by attribute. */
const RULE_VALUES: Readonly<Record<string, readonly Value[]>> = {
  src_type: COMPONENT_TYPES,
  dst_type: COMPONENT_TYPES,
  protocol: PROTOCOLS,
  src_ip: NETWORKS,
  dst_ip: NETWORKS,
  src_ip_range: ADDRESS_RANGES,
  src_port: RULE_PORTS,
  dst_port: RULE_PORTS,
  dst_port_range: RULE_PORTS,
  operation: SCALARS,
  "device.os": SCALARS,
};

/** One text per way a condition can come out; each name may be absent, or of the wrong type. */
const CONDITIONS: ReadonlyMap<string, Expression> = new Map(
  [
    "true",
    "false",
    "level > limit",
    "level > 3",
    "has(level) && level > 3",
    "flag",
    "flag || level < 0",
    "!flag && nowhere == 1",
    "operation in ['train', 'other']",
    "nowhere > 1",
    "client.trust_score < 1",
    "level && true",
    "size(operation) > 2",
  ].map((text) => [text, expressionOf(text)]),
);

const listOr = (one: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 4, arbitrary: one }, fc.array(one, { minLength: 1, maxLength: 3 }));

const ruleField: fc.Arbitrary<[string, Value]> = fc
  .constantFrom(...Object.keys(RULE_VALUES))
  .chain((key) =>
    fc.tuple(
      fc.constant(key),
      listOr(
        fc.oneof(
          { weight: 8, arbitrary: fc.constantFrom(...(RULE_VALUES[key] ?? [])) },
          fc.constantFrom("any", "*"),
        ),
      ),
    ),
  );

const fields = (maxLength: number): fc.Arbitrary<[string, Value][]> =>
  fc.uniqueArray(ruleField, { maxLength, selector: ([key]) => key });

/** A rule in the words of a file, so that a counterexample can be read. */
export interface WrittenRule {
  readonly action: string;
  readonly match: ValueMap;
  readonly condition?: string;
  readonly enabled: boolean;
  readonly parameters: ValueMap;
  readonly unevaluable: boolean;
}

export interface WrittenPolicy {
  readonly type: (typeof POLICY_TYPES)[number];
  readonly priority: number;
  readonly enabled: boolean;
  readonly combining?: CombiningAlgorithm | undefined;
  readonly defaultEffect?: Effect | undefined;
  readonly onError?: OnError | undefined;
  readonly rules: readonly WrittenRule[];
}

const writtenRule: fc.Arbitrary<WrittenRule> = fc
  .record({
    action: fc.constantFrom(
      "allow",
      "allow",
      "deny",
      "deny",
      "configure",
      "weight_reduction",
      "log",
    ),
    match: fc
      .oneof(fields(2), fields(2), fields(4))
      .map((match): ValueMap => Object.fromEntries(match)),
    condition: fc.option(fc.constantFrom(...CONDITIONS.keys()), { nil: undefined, freq: 2 }),
    enabled: mostly(true, 9, false),
    parameters: fc.record(
      { limit: fc.constantFrom(3, "3", true, null), weight_multiplier: fc.constantFrom(0.5, 1) },
      { requiredKeys: [] },
    ),
    unevaluable: mostly(false, 30, true),
  })
  .map(({ condition, ...rule }) => ({ ...rule, ...(condition !== undefined && { condition }) }));

/** Few types, priorities and combinations, so that policies meet: ties are common. */
const writtenPolicy: fc.Arbitrary<WrittenPolicy> = fc.record({
  type: anyPolicyType,
  priority: fc.constantFrom(0, 0, 0, 0, 0, 1, -2_147_483_648, 2_147_483_647),
  enabled: mostly(true, 9, false),
  combining: fc.constantFrom(
    undefined,
    undefined,
    "first-applicable",
    "deny-overrides",
    "permit-overrides",
  ),
  defaultEffect: fc.constantFrom(undefined, undefined, undefined, "deny", "permit"),
  onError: fc.constantFrom(undefined, "deny", "deny", "skip"),
  rules: fc.array(writtenRule, { minLength: 1, maxLength: 12, size: "max" }),
});

export const writtenPolicies: fc.Arbitrary<readonly WrittenPolicy[]> = fc.array(writtenPolicy, {
  minLength: 2,
  maxLength: 6,
  size: "max",
});

/** Any attribute may be absent, or a list. */
const attributes: fc.Arbitrary<ValueMap> = fc
  .record(
    {
      src_type: listOr(fc.constantFrom(...COMPONENT_TYPES)),
      dst_type: listOr(fc.constantFrom(...COMPONENT_TYPES)),
      protocol: listOr(fc.constantFrom(...PROTOCOLS)),
      src_ip: listOr(fc.constantFrom(...ADDRESSES)),
      dst_ip: listOr(fc.constantFrom(...ADDRESSES)),
      src_port: listOr(fc.constantFrom(...PORTS)),
      dst_port: listOr(fc.constantFrom(...PORTS)),
      operation: listOr(fc.constantFrom(...SCALARS)),
      "device.os": fc.constantFrom(...SCALARS, null),
      device: fc.record({ os: listOr(fc.constantFrom(...SCALARS)) }),
      level: fc.constantFrom(1, 5, "5", true),
      flag: fc.constantFrom(true, false, "yes"),
      client_id: fc.constantFrom("client-1"),
    },
    { requiredKeys: ["src_type", "dst_type", "protocol", "src_ip", "dst_ip", "dst_port", "level"] },
  )
  .chain((all) =>
    fc
      .option(fc.constantFrom(...Object.keys(all)), { nil: undefined, freq: 3 })
      .map((removed) =>
        Object.fromEntries(Object.entries(all).filter(([name]) => name !== removed)),
      ),
  );

export interface WrittenRequest {
  readonly type: string;
  readonly attributes: ValueMap;
}

export const writtenRequest: fc.Arbitrary<WrittenRequest> = fc.record({
  type: fc.oneof({ weight: 20, arbitrary: anyPolicyType }, fc.constant("no_such_type")),
  attributes,
});

/** The compiled policies; ids are positions, so that a permutation keeps them. */
export function compiled(written: readonly WrittenPolicy[]): readonly Policy[] {
  return written.map((policy, index) => compiledPolicy(policy, `policy-${index}`));
}

export function compiledPolicy(written: WrittenPolicy, id: string): Policy {
  const { combining, defaultEffect, onError, rules, ...rest } = written;
  return {
    ...rest,
    id,
    name: id,
    description: "",
    ...(combining && { combining }),
    ...(defaultEffect && { defaultEffect }),
    ...(onError && { onError }),
    rules: rules.map((rule, index) => compiledRule(rule, index)),
  };
}

export function compiledRule(written: WrittenRule, index: number): Rule {
  const { action, match, condition, enabled, parameters, unevaluable } = written;
  const verbClass = VERB_CLASSES.get(action);
  if (!verbClass) throw new Error(`no verb ${action}`);
  const expression = condition === undefined ? undefined : CONDITIONS.get(condition);
  return {
    id: String(index),
    index,
    action,
    verbClass,
    description: "",
    enabled,
    target: Object.entries(match).map(([key, value]) => {
      const field = parseTargetField(key, value);
      if (!field.ok) throw new Error(`${key}: ${field.problem}`);
      return field.value;
    }),
    ...(condition !== undefined && expression && { condition: { text: condition, expression } }),
    parameters,
    isTrustRule: action === "weight_reduction",
    ...(unevaluable && { unevaluable: "the policy has `function_code`" }),
  };
}

function mostly<T>(usual: T, times: number, seldom: T): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: times, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constant(seldom) },
  );
}
