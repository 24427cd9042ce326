import { type Dimension, type DimensionBuilder, dimensionBuilder } from "./index-dimension.js";
import {
  type Asked,
  type IndexEntry,
  type IndexField,
  indexFieldHolds,
  restHolds,
} from "./index-entry.js";
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
  readonly entries: readonly IndexEntry[];
  /** What is not asked again. */
  readonly asked: Asked;
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

/**
 * Yields now and then, so that a caller can let others have their turn.
 *
 * @param asked - What the way down to `entries` has asked of all of them.
 */
export function* buildBitBucket(
  entries: readonly IndexEntry[],
  asked: Asked,
): Generator<void, BitBucket> {
  const growing = new Map<number, GrowingDimension>();
  const residuals = new Map<number, readonly IndexField[]>();
  for (const [place, { fields }] of entries.entries()) {
    if (place % 256 === 255) yield;
    const residual = fields.filter(
      (field) => !asked.includes(field.attribute) && !addField(growing, field, place),
    );
    if (residual.length > 0) residuals.set(place, residual);
  }
  const dimensions: Dimension[] = [];
  for (const dimension of growing.values()) {
    yield;
    addFreeUpTo(dimension, entries.length);
    const free = ordinalSet(dimension.free, entries.length);
    dimensions.push(yield* dimension.builder.build(free, entries.length));
  }
  const contents = { entries, asked, dimensions, residuals };
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
  const { entries, dimensions } = contents;
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
  if (!least) return ask(contents, entries.keys(), query);
  if (least.size * WORDS_PER_RULE < wordsFor(entries.length) * narrowed.length) {
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
function ask({ entries, asked }: Contents, places: Iterable<number>, query: IndexQuery): number[] {
  const found: number[] = [];
  for (const place of places) {
    const entry = entries[place];
    if (entry && restHolds(entry, asked, query)) found.push(entry.ordinal);
  }
  return found;
}

function intersect(
  { entries, residuals }: Contents,
  narrowed: readonly Narrowed[],
  query: IndexQuery,
): number[] {
  const left = new Int32Array(wordsFor(entries.length));
  const one = new Int32Array(left.length);
  for (const [index, { sets }] of narrowed.entries()) {
    const bits = index === 0 ? left : one.fill(0);
    for (const set of sets) addSet(bits, set);
    if (index > 0) keepCommon(left, one);
  }
  const found: number[] = [];
  forEachBit(left, (place) => {
    const entry = entries[place];
    const residual = residuals.get(place) ?? [];
    if (entry && residual.every((field) => indexFieldHolds(field, query))) {
      found.push(entry.ordinal);
    }
  });
  return found;
}
