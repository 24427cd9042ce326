import type { Expression } from "../src/core/condition.js";
import { parseTargetField } from "../src/core/parse-target-field.js";
import type { Policy, Rule } from "../src/core/policy.js";
import { type AccessRequest, accessRequest } from "../src/core/request.js";
import type { TargetField } from "../src/core/target.js";
import type { Value, ValueMap } from "../src/core/values.js";

export type Random = () => number;

/** A seeded generator of numbers in [0, 1): equal seeds give equal rule sets (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `match` as a policy file has it, and a context that asks about it. */
export interface GeneratedSet {
  readonly matches: readonly ValueMap[];
  readonly contexts: readonly ValueMap[];
}

const PROTOCOLS = ["tcp", "udp", "icmp"];

/**
 * Rules as role tables have them: `src_type`, `dst_type` and `protocol`, each a single value. The
 * number of types grows with the number of rules, so that the mean number of matches stays.
 */
export function typedSet(options: {
  readonly rules: number;
  readonly meanMatches: number;
  readonly contexts: number;
  readonly random: Random;
}): GeneratedSet {
  const { random } = options;
  const pairs = options.rules / (options.meanMatches * PROTOCOLS.length);
  const types = Math.max(1, Math.round(Math.sqrt(pairs)));
  const one = (): ValueMap => ({
    src_type: `type-${Math.floor(random() * types)}`,
    dst_type: `type-${Math.floor(random() * types)}`,
    protocol: pick(PROTOCOLS, random),
  });
  return {
    matches: Array.from({ length: options.rules }, one),
    contexts: Array.from({ length: options.contexts }, () => ({
      ...one(),
      src_ip: address(random),
      dst_ip: address(random),
      dst_port: 1 + Math.floor(random() * 65_535),
    })),
  };
}

/**
 * Rules as network tables have them: types, protocols, networks of four lengths, single ports and
 * ranges of ports, each key absent in some rules. The more types and networks, the fewer match.
 */
export function mixedSet(options: {
  readonly rules: number;
  readonly types: number;
  readonly networks: number;
  /** How many rules name a source type, and how many a destination type: from 0 to 1. */
  readonly typedShare: number;
  readonly contexts: number;
  readonly random: Random;
}): GeneratedSet {
  const { random, types, networks, typedShare } = options;
  const type = (): string => `type-${Math.floor(random() * types)}`;
  const host = (): string => {
    const network = Math.floor(random() * networks);
    return `10.${network % 256}.${Math.floor(random() * 4)}.${Math.floor(random() * 256)}`;
  };
  const match = (): ValueMap => ({
    ...maybe(typedShare, random, () => ({ src_type: type() })),
    ...maybe(typedShare, random, () => ({ dst_type: type() })),
    ...maybe(0.8, random, () => ({ protocol: pick(PROTOCOLS, random) })),
    ...maybe(0.5, random, () => ({ src_ip: cidr(host(), random) })),
    ...maybe(0.5, random, () => ({ dst_ip: cidr(host(), random) })),
    ...maybe(0.7, random, () => ({ dst_port: ports(random) })),
  });
  return {
    matches: Array.from({ length: options.rules }, match),
    contexts: Array.from({ length: options.contexts }, () => ({
      src_type: type(),
      dst_type: type(),
      protocol: pick(PROTOCOLS, random),
      src_ip: host(),
      dst_ip: host(),
      dst_port: 1 + Math.floor(random() * 10_000),
    })),
  };
}

/** One policy whose rules have these `match`es; every other rule denies. */
export function policyOf(
  matches: readonly ValueMap[],
  options: {
    readonly type: string;
    readonly combining?: Policy["combining"];
    readonly condition?: Expression;
  },
): Policy {
  return {
    id: "generated",
    name: "generated",
    type: options.type,
    description: "",
    priority: 0,
    enabled: true,
    ...(options.combining && { combining: options.combining }),
    rules: matches.map((match, index): Rule => {
      const verb = index % 2 === 0 ? "allow" : "deny";
      return {
        id: `rule-${index}`,
        index,
        action: verb,
        verbClass: verb,
        description: "",
        enabled: true,
        target: Object.entries(match).map(([key, value]) => targetField(key, value)),
        parameters: {},
        isTrustRule: false,
        ...(options.condition && {
          condition: { text: "generated", expression: options.condition },
        }),
      };
    }),
  };
}

export function requestsOf(
  contexts: readonly ValueMap[],
  policyType: string,
): readonly AccessRequest[] {
  return contexts.map((context) => accessRequest(policyType, context));
}

function targetField(key: string, value: Value): TargetField {
  const field = parseTargetField(key, value);
  if (!field.ok) throw new Error(`${key}: ${field.problem}`);
  return field.value;
}

function maybe(share: number, random: Random, make: () => ValueMap): ValueMap {
  return random() < share ? make() : {};
}

function pick<T>(values: readonly T[], random: Random): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

function address(random: Random): string {
  return `10.${[0, 0, 0].map(() => Math.floor(random() * 256)).join(".")}`;
}

function cidr(host: string, random: Random): string {
  const length = pick([8, 16, 24, 32], random);
  return length === 32 ? host : `${host}/${length}`;
}

function ports(random: Random): Value {
  const first = 1 + Math.floor(random() * 10_000);
  const width = Math.floor(random() ** 3 * 5_000);
  return width < 2 ? first : `${first}-${first + width}`;
}
