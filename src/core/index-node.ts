import { type BitBucket, buildBitBucket } from "./bit-bucket.js";
import { type IndexEntry, type IndexField, targetOf } from "./index-entry.js";
import type { EqualityKey, KeyedAttribute } from "./index-keys.js";
import type { Target } from "./target.js";

/**
 * Rules that differ in an attribute are told apart by its hash, again and again, down to a handful
 * that is asked one by one; a crowd that no equality tells apart becomes a bucket of bits.
 */
export type IndexNode =
  | { readonly kind: "rules"; readonly rules: readonly LeafRule[] }
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

interface LeafRule {
  readonly ordinal: number;
  /** What the way down to the leaf did not ask. */
  readonly target: Target;
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
export const MEASURED_SHAPE: IndexShape = { few: 4, crowd: 256, gain: 4 };
/** A rule with longer lists would stand in too many leaves. */
const MOST_COPIES = 16;
/** Bound what a set of rules that all look at something else can cost to compile. */
const MOST_SPLITS = 64;
const DEEPEST = 12;

/** Yields now and then, so that a caller can let others have their turn. */
export function* buildIndexNode(
  entries: readonly IndexEntry[],
  shape: IndexShape,
  depth: number,
): Generator<void, IndexNode> {
  const splits: Split[] = [];
  let rest = entries;
  while (rest.length > shape.crowd && splits.length < MOST_SPLITS && depth < DEEPEST) {
    const attribute = yield* bestAttribute(rest, shape);
    if (!attribute) break;
    const parted = yield* partition(rest, attribute);
    const children = new Map<EqualityKey, IndexNode>();
    for (const [key, group] of parted.groups) {
      if (children.size % 64 === 63) yield;
      children.set(key, yield* buildIndexNode(group, shape, depth + 1));
    }
    splits.push({ attribute, children });
    rest = parted.rest;
  }
  const leaf = yield* buildLeaf(rest, shape);
  return splits.length === 0 ? leaf : { kind: "splits", splits, rest: leaf };
}

function* buildLeaf(
  entries: readonly IndexEntry[],
  { few, crowd }: IndexShape,
): Generator<void, IndexNode> {
  if (entries.length > crowd || entries.length > few * attributesOf(entries).size) {
    return { kind: "bucket", bucket: yield* buildBitBucket(entries) };
  }
  const rules = entries.map(({ ordinal, fields }) => ({ ordinal, target: targetOf(fields) }));
  return { kind: "rules", rules };
}

function attributesOf(entries: readonly IndexEntry[]): ReadonlySet<KeyedAttribute> {
  return new Set(entries.flatMap(({ fields }) => fields.map(({ attribute }) => attribute)));
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
    const asked = entry.fields.find((field) => canSplit(entry, field, attribute));
    if (!asked?.keys) {
      rest.push(entry);
      continue;
    }
    const grouped = {
      ordinal: entry.ordinal,
      fields: entry.fields.filter((field) => field !== asked),
      copies: entry.copies * asked.keys.length,
    };
    for (const key of asked.keys) {
      const group = groups.get(key);
      if (group) group.push(grouped);
      else groups.set(key, [grouped]);
    }
  }
  return { groups, rest };
}

function canSplit(entry: IndexEntry, field: IndexField, attribute: KeyedAttribute): boolean {
  if (field.attribute !== attribute || !field.keys) return false;
  return entry.copies * field.keys.length <= MOST_COPIES;
}

interface Usage {
  readonly attribute: KeyedAttribute;
  rules: number;
  readonly rulesByKey: Map<EqualityKey, number>;
}

/** The attribute that leaves the fewest rules to ask; undefined when none is worth a split. */
function* bestAttribute(
  entries: readonly IndexEntry[],
  { crowd, gain }: IndexShape,
): Generator<void, KeyedAttribute | undefined> {
  const usages: Usage[] = [];
  for (const [place, entry] of entries.entries()) {
    if (place % 256 === 255) yield;
    for (const field of entry.fields) {
      const { attribute, keys } = field;
      if (!keys || !canSplit(entry, field, attribute)) continue;
      const usage = (usages[attribute.slot] ??= { attribute, rules: 0, rulesByKey: new Map() });
      usage.rules += 1;
      for (const key of keys) {
        usage.rulesByKey.set(key, (usage.rulesByKey.get(key) ?? 0) + 1);
      }
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
