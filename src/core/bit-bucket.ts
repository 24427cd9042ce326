import {
  type Dimension,
  type DimensionBuilder,
  dimensionBuilder,
  type IndexQuery,
} from "./index-dimension.js";
import { type IndexEntry, type IndexField, targetOf } from "./index-entry.js";
import {
  addSet,
  forEachOrdinal,
  keepCommon,
  type OrdinalSet,
  ordinalSet,
  wordsFor,
} from "./ordinal-set.js";
import { type Target, targetMatches } from "./target.js";

/** Many rules that no equality tells apart: each key of `match` gives a set, and they intersect. */
export interface BitBucket {
  /** Ordinals of every rule whose target holds, ascending. */
  find(query: IndexQuery): number[];
}

interface BucketRule {
  readonly ordinal: number;
  /** All that this bucket has to ask. */
  readonly target: Target;
  /** What of it no dimension asks. */
  readonly residual: Target;
}

/** Setting and joining a word of bits takes some ten times less than asking a rule. */
const WORDS_PER_RULE = 10;
/** Every dimension is read for every request. */
const MOST_DIMENSIONS = 32;

interface GrowingDimension {
  readonly builder: DimensionBuilder;
  /** Places of rules without its key, up to `next`. */
  readonly free: number[];
  next: number;
}

/** Yields now and then, so that a caller can let others have their turn. */
export function* buildBitBucket(entries: readonly IndexEntry[]): Generator<void, BitBucket> {
  const growing = new Map<number, GrowingDimension>();
  const rules: BucketRule[] = [];
  for (const [place, { ordinal, fields }] of entries.entries()) {
    if (place % 256 === 255) yield;
    const residual = fields.filter((field) => !addField(growing, field, place));
    rules.push({ ordinal, target: targetOf(fields), residual: targetOf(residual) });
  }
  const dimensions: Dimension[] = [];
  for (const dimension of growing.values()) {
    yield;
    addFreeUpTo(dimension, rules.length);
    const free = ordinalSet(dimension.free, rules.length);
    dimensions.push(yield* dimension.builder.build(free, rules.length));
  }
  return { find: (query) => find(rules, dimensions, query) };
}

/** @returns False when the field has to be asked by its definition. */
function addField(
  growing: Map<number, GrowingDimension>,
  field: IndexField,
  place: number,
): boolean {
  const { slot } = field.attribute;
  let dimension = growing.get(slot);
  if (!dimension) {
    if (growing.size >= MOST_DIMENSIONS) return false;
    dimension = { builder: dimensionBuilder(field), free: [], next: 0 };
    growing.set(slot, dimension);
  }
  // A second field of one dimension would be joined by `or`, but both have to hold.
  if (dimension.next > place) return false;
  if (!dimension.builder.add(field, place)) return false;
  addFreeUpTo(dimension, place);
  dimension.next = place + 1;
  return true;
}

function addFreeUpTo(dimension: GrowingDimension, place: number): void {
  for (; dimension.next < place; dimension.next += 1) dimension.free.push(dimension.next);
}

interface Narrowed {
  /** Their union is what one dimension leaves. */
  readonly sets: readonly OrdinalSet[];
  /** The size of the union, or more where sets overlap. */
  readonly size: number;
}

function find(
  rules: readonly BucketRule[],
  dimensions: readonly Dimension[],
  query: IndexQuery,
): number[] {
  const narrowed: Narrowed[] = [];
  let least: Narrowed | undefined;
  for (const dimension of dimensions) {
    const sets = [dimension.free];
    dimension.collect(query, sets);
    const size = sets.reduce((sum, set) => sum + set.size, 0);
    if (size === 0) return [];
    const one = { sets, size };
    narrowed.push(one);
    if (!least || size < least.size) least = one;
  }
  const words = wordsFor(rules.length);
  if (!least) return askAll(rules, query);
  if (least.size * WORDS_PER_RULE < words * narrowed.length) return ask(rules, least, query);
  return intersect(rules, narrowed, query);
}

function askAll(rules: readonly BucketRule[], { request }: IndexQuery): number[] {
  return rules.filter(({ target }) => targetMatches(target, request)).map(({ ordinal }) => ordinal);
}

/** Few are left by one dimension alone: asks each by its definition. */
function ask(rules: readonly BucketRule[], { sets }: Narrowed, { request }: IndexQuery): number[] {
  const places = new Set<number>();
  for (const set of sets) {
    if (set.kind === "list") for (const place of set.ordinals) places.add(place);
    else forEachOrdinal(set.bits, (place) => places.add(place));
  }
  const found: number[] = [];
  for (const place of [...places].sort((left, right) => left - right)) {
    const rule = rules[place];
    if (rule && targetMatches(rule.target, request)) found.push(rule.ordinal);
  }
  return found;
}

function intersect(
  rules: readonly BucketRule[],
  narrowed: readonly Narrowed[],
  { request }: IndexQuery,
): number[] {
  const left = new Int32Array(wordsFor(rules.length));
  const one = new Int32Array(left.length);
  for (const [index, { sets }] of narrowed.entries()) {
    const bits = index === 0 ? left : one.fill(0);
    for (const set of sets) addSet(bits, set);
    if (index > 0) keepCommon(left, one);
  }
  const found: number[] = [];
  forEachOrdinal(left, (place) => {
    const rule = rules[place];
    if (rule && targetMatches(rule.residual, request)) found.push(rule.ordinal);
  });
  return found;
}
