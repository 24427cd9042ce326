import { type BitBucket, buildBitBucket } from "./bit-bucket.js";
import { type Asked, type IndexEntry, ruleLeft, type RuleLeft } from "./index-entry.js";
import type { EqualityKey, KeyedAttribute } from "./index-keys.js";

/**
 * Rules that differ in an attribute are told apart by its hash, again and again, down to a handful
 * that is asked one by one; a crowd that no equality tells apart becomes a bucket of bits.
 */
export type IndexNode =
  | { readonly kind: "rules"; readonly rules: readonly RuleLeft[] }
  | { readonly kind: "bucket"; readonly bucket: BitBucket }
  | {
      readonly kind: "splits";
      /** A rule stands in the first of them whose attribute it looks at. */
      readonly splits: readonly Split[];
      /** Rules that look at none of the attributes. */
      readonly rest: IndexNode;
    };

interface Split {
  readonly attribute: KeyedAttribute;
  readonly children: ReadonlyMap<EqualityKey, IndexNode>;
}

/** When rules are asked, joined as bits or told apart by a hash. Changes the cost, never the answer. */
export interface IndexShape {
  /** Asking so many one by one is cheaper than reading one dimension of a bucket. */
  readonly few: number;
  /** The bits of so many are so short that a hash would save nothing. */
  readonly crowd: number;
  /** A hash is worth it when it leaves, of the rules it tells apart, one in so many. */
  readonly gain: number;
}

/** Measured with `npm run bench -- decide`. */
const MEASURED_SHAPE: IndexShape = { few: 4, crowd: 256, gain: 4 };
/** Of a type that is so small that its hashes cost nothing to make. */
const MEASURED_SHAPE_OF_SMALL: IndexShape = { few: 4, crowd: 8, gain: 2 };
const MOST_RULES_OF_SMALL = 64;

/** The shape for a policy type with so many rules. */
export function measuredShape(rules: number): IndexShape {
  return rules <= MOST_RULES_OF_SMALL ? MEASURED_SHAPE_OF_SMALL : MEASURED_SHAPE;
}
/** A rule with longer lists would stand in too many leaves. */
const MOST_COPIES = 16;
/** Bound what a set of rules that all look at something else can cost to compile. */
const MOST_SPLITS = 64;
const DEEPEST = 12;

/**
 * Yields now and then, so that a caller can let others have their turn.
 *
 * @param asked - What the way down to `entries` has asked of all of them.
 */
export function* buildIndexNode(
  entries: readonly IndexEntry[],
  shape: IndexShape,
  asked: Asked,
): Generator<void, IndexNode> {
  const splits: Split[] = [];
  let rest = entries;
  while (rest.length > shape.crowd && splits.length < MOST_SPLITS && asked.length < DEEPEST) {
    const attribute = yield* bestAttribute(rest, asked, shape);
    if (!attribute) break;
    const parted = yield* partition(rest, attribute);
    const children = new Map<EqualityKey, IndexNode>();
    for (const [key, group] of parted.groups) {
      if (children.size % 64 === 63) yield;
      children.set(key, yield* buildIndexNode(group, shape, [...asked, attribute]));
    }
    splits.push({ attribute, children });
    rest = parted.rest;
  }
  const leaf = yield* buildLeaf(rest, shape, asked);
  return splits.length === 0 ? leaf : { kind: "splits", splits, rest: leaf };
}

function* buildLeaf(
  entries: readonly IndexEntry[],
  { few, crowd }: IndexShape,
  asked: Asked,
): Generator<void, IndexNode> {
  const attributes = new Set<KeyedAttribute>();
  const rules: RuleLeft[] = [];
  for (const [place, entry] of entries.entries()) {
    if (place % 256 === 255) yield;
    const rule = ruleLeft(entry, asked);
    for (const { attribute } of rule.left) attributes.add(attribute);
    rules.push(rule);
  }
  const isCrowd = entries.length > crowd || entries.length > few * attributes.size;
  // Where nothing is left to ask, there are no bits either.
  if (!isCrowd || attributes.size === 0) return { kind: "rules", rules };
  return { kind: "bucket", bucket: yield* buildBitBucket(rules) };
}

/** Groups rules by what they want of `attribute`; it need not be asked again in a group. */
function* partition(
  entries: readonly IndexEntry[],
  attribute: KeyedAttribute,
): Generator<void, { groups: ReadonlyMap<EqualityKey, IndexEntry[]>; rest: IndexEntry[] }> {
  const groups = new Map<EqualityKey, IndexEntry[]>();
  const rest: IndexEntry[] = [];
  for (const [place, entry] of entries.entries()) {
    if (place % 256 === 255) yield;
    const keys = entry.fields.find((field) => field.attribute === attribute)?.keys;
    if (!keys || !canSplit(entry, keys)) {
      rest.push(entry);
      continue;
    }
    const grouped = keys.length === 1 ? entry : { ...entry, copies: entry.copies * keys.length };
    for (const key of keys) {
      const group = groups.get(key);
      if (group) group.push(grouped);
      else groups.set(key, [grouped]);
    }
  }
  return { groups, rest };
}

function canSplit(entry: IndexEntry, keys: readonly EqualityKey[]): boolean {
  return entry.copies * keys.length <= MOST_COPIES;
}

interface Usage {
  readonly attribute: KeyedAttribute;
  rules: number;
  readonly rulesByKey: Map<EqualityKey, number>;
}

/** The attribute that leaves the fewest rules to ask; undefined when none is worth a split. */
function* bestAttribute(
  entries: readonly IndexEntry[],
  asked: Asked,
  { crowd, gain }: IndexShape,
): Generator<void, KeyedAttribute | undefined> {
  const usages: Usage[] = [];
  for (const [place, entry] of entries.entries()) {
    if (place % 256 === 255) yield;
    for (const { attribute, keys } of entry.fields) {
      if (!keys || asked.includes(attribute) || !canSplit(entry, keys)) continue;
      countUse((usages[attribute.slot] ??= { attribute, rules: 0, rulesByKey: new Map() }), keys);
    }
  }
  let best: { attribute: KeyedAttribute; left: number } | undefined;
  for (const { attribute, rules, rulesByKey } of Object.values(usages)) {
    const left = expectedSize(rulesByKey);
    if (rules <= crowd || left * gain > rules) continue;
    const inAll = entries.length - rules + left;
    if (!best || inAll < best.left) best = { attribute, left: inAll };
  }
  return best?.attribute;
}

function countUse(usage: Usage, keys: readonly EqualityKey[]): void {
  usage.rules += 1;
  for (const key of keys) usage.rulesByKey.set(key, (usage.rulesByKey.get(key) ?? 0) + 1);
}

/** Of the group that a request falls into, if requests are spread as the rules are. */
function expectedSize(rulesByKey: ReadonlyMap<EqualityKey, number>): number {
  let sum = 0;
  let squares = 0;
  for (const count of rulesByKey.values()) {
    sum += count;
    squares += count * count;
  }
  return squares / sum;
}
