/**
 * Some rules of one bucket, by their place in it (from 0), ascending. Dense sets are bits, sparse ones
 * a list: whichever is shorter, so a set never takes more memory than its list.
 */
export type OrdinalSet = readonly number[] | OrdinalBits;

interface OrdinalBits {
  /** How many ordinals. */
  readonly length: number;
  readonly bits: Int32Array;
}

const BITS_PER_WORD = 32;

/** The length of the bits of `count` ordinals, in 32-bit words. */
export function wordsFor(count: number): number {
  return Math.ceil(count / BITS_PER_WORD);
}

/** @param ordinals - Ascending, each below `universe`. */
export function ordinalSet(ordinals: readonly number[], universe: number): OrdinalSet {
  const words = wordsFor(universe);
  if (ordinals.length < words) return ordinals;
  const bits = new Int32Array(words);
  addOrdinals(bits, ordinals);
  return { length: ordinals.length, bits };
}

/** Adds `ordinal`, which is no less than any before it, to the list of `key`: once. */
export function addOrdinal<Key>(lists: Map<Key, number[]>, key: Key, ordinal: number): void {
  const ordinals = lists.get(key);
  if (!ordinals) lists.set(key, [ordinal]);
  else if (ordinals.at(-1) !== ordinal) ordinals.push(ordinal);
}

/**
 * The set of every list, in their place: they are no lists any more. Yields now and then, so that a
 * caller can let others have their turn.
 */
export function* ordinalSets<Key>(
  lists: Map<Key, number[]>,
  universe: number,
): Generator<void, ReadonlyMap<Key, OrdinalSet>> {
  const sets: Map<Key, OrdinalSet> = lists;
  let looked = 0;
  for (const [key, ordinals] of lists) {
    if (++looked % 256 === 0) yield;
    const set = ordinalSet(ordinals, universe);
    if (set !== ordinals) sets.set(key, set);
  }
  return sets;
}

/** `bits` becomes its union with `set`. */
export function addSet(bits: Int32Array, set: OrdinalSet): void {
  if (!isBits(set)) {
    addOrdinals(bits, set);
    return;
  }
  const added = set.bits;
  for (let word = 0; word < bits.length; word += 1) bits[word] = at(bits, word) | at(added, word);
}

/** `bits` becomes its intersection with `others`. */
export function keepCommon(bits: Int32Array, others: Int32Array): void {
  for (let word = 0; word < bits.length; word += 1) bits[word] = at(bits, word) & at(others, word);
}

/** Calls `visit` with every ordinal of `set`, ascending. */
export function forEachOrdinal(set: OrdinalSet, visit: (ordinal: number) => void): void {
  if (isBits(set)) forEachBit(set.bits, visit);
  else for (const ordinal of set) visit(ordinal);
}

/** Calls `visit` with the place of every bit that is set, ascending. */
export function forEachBit(bits: Int32Array, visit: (place: number) => void): void {
  for (let word = 0; word < bits.length; word += 1) {
    for (let rest = at(bits, word); rest !== 0; rest &= rest - 1) {
      visit(word * BITS_PER_WORD + (BITS_PER_WORD - 1 - Math.clz32(rest & -rest)));
    }
  }
}

function addOrdinals(bits: Int32Array, ordinals: readonly number[]): void {
  for (const ordinal of ordinals) {
    const word = ordinal >>> 5;
    bits[word] = at(bits, word) | (1 << (ordinal & 31));
  }
}

function isBits(set: OrdinalSet): set is OrdinalBits {
  return "bits" in set;
}

function at(bits: Int32Array, word: number): number {
  return bits[word] ?? 0;
}
