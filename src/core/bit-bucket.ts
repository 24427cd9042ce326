import { type Dimension, type DimensionBuilder, dimensionBuilder } from "./index-dimension.js";
import { type IndexField, indexFieldsHold, type RuleLeft } from "./index-entry.js";
import type { IndexQuery } from "./index-keys.js";
import {
  addSet,
  forEachBit,
  forEachOrdinal,
  keepCommon,
  type OrdinalSet,
  ordinalSet,
  wordsFor,
} from "./ordinal-set.js";

/** Many rules that no equality tells apart: each key of `match` gives a set, and they intersect. */
export interface BitBucket {
  /** Ordinals of every rule whose target holds, ascending. */
  find(query: IndexQuery): number[];
}

interface Contents {
  readonly rules: readonly RuleLeft[];
  readonly dimensions: readonly Dimension[];
  /** By the place of the rule: what of it no dimension asks. */
  readonly residuals: ReadonlyMap<number, readonly IndexField[]>;
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
export function* buildBitBucket(rules: readonly RuleLeft[]): Generator<void, BitBucket> {
  const growing = new Map<number, GrowingDimension>();
  const residuals = new Map<number, readonly IndexField[]>();
  for (const [place, { left }] of rules.entries()) {
    if (place % 256 === 255) yield;
    const residual = left.filter((field) => !addField(growing, field, place));
    if (residual.length > 0) residuals.set(place, residual);
  }
  const dimensions: Dimension[] = [];
  for (const dimension of growing.values()) {
    yield;
    addFreeUpTo(dimension, rules.length);
    const free = ordinalSet(dimension.free, rules.length);
    dimensions.push(yield* dimension.builder.build(free, rules.length));
  }
  const contents = { rules, dimensions, residuals };
  return { find: (query) => find(contents, query) };
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

function find(contents: Contents, query: IndexQuery): number[] {
  const { rules, dimensions } = contents;
  const narrowed: Narrowed[] = [];
  let least: Narrowed | undefined;
  for (const dimension of dimensions) {
    const sets = [dimension.free];
    dimension.collect(query, sets);
    const size = sets.reduce((sum, set) => sum + set.length, 0);
    if (size === 0) return [];
    const one = { sets, size };
    narrowed.push(one);
    if (!least || size < least.size) least = one;
  }
  if (!least) return ask(contents, rules.keys(), query);
  if (least.size * WORDS_PER_RULE < wordsFor(rules.length) * narrowed.length) {
    return ask(contents, placesIn(least), query);
  }
  return intersect(contents, narrowed, query);
}

/** Ascending, each once. */
function placesIn({ sets }: Narrowed): readonly number[] {
  const places = new Set<number>();
  for (const set of sets) forEachOrdinal(set, (place) => places.add(place));
  return [...places].sort((left, right) => left - right);
}

/** Asks each rule by its definition. */
function ask({ rules }: Contents, places: Iterable<number>, query: IndexQuery): number[] {
  const found: number[] = [];
  for (const place of places) {
    const rule = rules[place];
    if (rule && indexFieldsHold(rule.left, query)) found.push(rule.ordinal);
  }
  return found;
}

function intersect(
  { rules, residuals }: Contents,
  narrowed: readonly Narrowed[],
  query: IndexQuery,
): number[] {
  const left = new Int32Array(wordsFor(rules.length));
  const one = new Int32Array(left.length);
  for (const [index, { sets }] of narrowed.entries()) {
    const bits = index === 0 ? left : one.fill(0);
    for (const set of sets) addSet(bits, set);
    if (index > 0) keepCommon(left, one);
  }
  const found: number[] = [];
  forEachBit(left, (place) => {
    const rule = rules[place];
    if (rule && indexFieldsHold(residuals.get(place) ?? [], query)) found.push(rule.ordinal);
  });
  return found;
}
