import { addOrdinal, type OrdinalSet, ordinalSets } from "./ordinal-set.js";

/** A block of numbers that share their first `length` bits; `key` is those bits. */
export interface Block {
  readonly length: number;
  readonly key: number;
}

/** Which rules' blocks contain a number: one hash per length that occurs, longest match or not. */
export interface PrefixTable<Key extends number | bigint> {
  /** Adds the sets of all blocks that contain `point` to `found`. */
  collect(point: Key, found: OrdinalSet[]): void;
}

export interface PrefixTableBuilder<Key extends number | bigint> {
  /** Ordinals come in ascending order; one block twice for one ordinal counts once. */
  add(length: number, key: Key, ordinal: number): void;
  /** Yields now and then, so that a caller can let others have their turn. */
  build(universe: number): Generator<void, PrefixTable<Key>>;
}

/** @param keyOf - The first `length` bits of a number. */
export function prefixTableBuilder<Key extends number | bigint>(
  keyOf: (point: Key, length: number) => Key,
): PrefixTableBuilder<Key> {
  const byLength = new Map<number, Map<Key, number[]>>();
  return {
    add(length, key, ordinal) {
      let lists = byLength.get(length);
      if (!lists) byLength.set(length, (lists = new Map<Key, number[]>()));
      addOrdinal(lists, key, ordinal);
    },
    *build(universe) {
      const levels: { readonly length: number; readonly sets: ReadonlyMap<Key, OrdinalSet> }[] = [];
      for (const [length, lists] of byLength) {
        levels.push({ length, sets: yield* ordinalSets(lists, universe) });
      }
      return {
        collect(point, found) {
          for (const { length, sets } of levels) {
            const set = sets.get(keyOf(point, length));
            if (set) found.push(set);
          }
        },
      };
    },
  };
}

/**
 * The fewest blocks that together are the numbers from `first` to `last`, both inclusive: at most
 * twice `width`.
 *
 * @param width - Bits of a number, at most 32.
 */
export function blocksOfRange(first: number, last: number, width: number): Block[] {
  const blocks: Block[] = [];
  let start = first;
  while (start <= last) {
    let hostBits = 0;
    let size = 1;
    // Doubles the block while it stays aligned and inside the range.
    while (hostBits < width && start % (size * 2) === 0 && start + size * 2 - 1 <= last) {
      hostBits += 1;
      size *= 2;
    }
    blocks.push({ length: width - hostBits, key: start / size });
    start += size;
  }
  return blocks;
}
