/**
 * Some rules of one bucket, by their place in it (from 0). Dense sets are bits, sparse ones a list:
 * whichever is shorter, so a set never takes more memory than its list.
 */
export type OrdinalSet =
  | { readonly kind: "list"; readonly size: number; readonly ordinals: readonly number[] }
  | { readonly kind: "bits"; readonly size: number; readonly bits: Int32Array };

const BITS_PER_WORD = 32;

/** The length of the bits of `count` ordinals, in 32-bit words. */
export function wordsFor(count: number): number {
  return Math.ceil(count / BITS_PER_WORD);
}

/** @param ordinals - Ascending, each below `universe`. */
export function ordinalSet(ordinals: readonly number[], universe: number): OrdinalSet {
  const words = wordsFor(universe);
  const size = ordinals.length;
  if (size < words) return { kind: "list", size, ordinals };
  const bits = new Int32Array(words);
  addOrdinals(bits, ordinals);
  return { kind: "bits", size, bits };
}

/** The set of every key. Yields now and then, so that a caller can let others have their turn. */
export function* ordinalSets<Key>(
  ordinalsByKey: ReadonlyMap<Key, readonly number[]>,
  universe: number,
): Generator<void, Map<Key, OrdinalSet>> {
  const sets = new Map<Key, OrdinalSet>();
  for (const [key, ordinals] of ordinalsByKey) {
    if (sets.size % 256 === 255) yield;
    sets.set(key, ordinalSet(ordinals, universe));
  }
  return sets;
}

/** `bits` becomes its union with `set`. */
export function addSet(bits: Int32Array, set: OrdinalSet): void {
  if (set.kind === "list") {
    addOrdinals(bits, set.ordinals);
    return;
  }
  const added = set.bits;
  for (let word = 0; word < bits.length; word += 1) bits[word] = at(bits, word) | at(added, word);
}

/** `bits` becomes its intersection with `others`. */
export function keepCommon(bits: Int32Array, others: Int32Array): void {
  for (let word = 0; word < bits.length; word += 1) bits[word] = at(bits, word) & at(others, word);
}

/** Calls `visit` with every ordinal of `bits`, ascending. */
export function forEachOrdinal(bits: Int32Array, visit: (ordinal: number) => void): void {
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

function at(bits: Int32Array, word: number): number {
  return bits[word] ?? 0;
}
