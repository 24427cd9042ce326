import { describe, expect, it } from "vitest";
import {
  addOrdinal,
  addSet,
  forEachBit,
  forEachOrdinal,
  keepCommon,
  ordinalSet,
  ordinalSets,
  type OrdinalSet,
  wordsFor,
} from "../../src/core/ordinal-set.js";

const UNIVERSE = 320; // Ten words.
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => 7 * index);

function listed(set: OrdinalSet): number[] {
  const found: number[] = [];
  forEachOrdinal(set, (ordinal) => found.push(ordinal));
  return found;
}

function bitsOf(...sets: readonly (readonly number[])[]): Int32Array {
  const bits = new Int32Array(wordsFor(UNIVERSE));
  for (const ordinals of sets) addSet(bits, ordinalSet(ordinals, UNIVERSE));
  return bits;
}

function bitsIn(bits: Int32Array): number[] {
  const found: number[] = [];
  forEachBit(bits, (place) => found.push(place));
  return found;
}

describe("a set of ordinals", () => {
  it.each([
    [0, 0],
    [1, 1],
    [32, 1],
    [33, 2],
  ])("of %d takes %d words of bits", (count, words) => {
    expect(wordsFor(count)).toBe(words);
  });

  it("is its own list while that is shorter than the bits", () => {
    const few = upTo(9);
    expect(ordinalSet(few, UNIVERSE)).toBe(few);
    expect(ordinalSet(upTo(10), UNIVERSE)).toMatchObject({ length: 10 });
    expect(ordinalSet(upTo(10), UNIVERSE)).toHaveProperty("bits.length", 10);
  });

  it.each([0, 1, 9, 10, 45])("of %d has them, ascending", (count) => {
    expect(listed(ordinalSet(upTo(count), UNIVERSE))).toEqual(upTo(count));
    expect(ordinalSet(upTo(count), UNIVERSE)).toHaveLength(count);
  });

  it("has the ends of words", () => {
    const ends = [0, 31, 32, 63, 64, 287, 288, 318, 319];
    expect(bitsIn(bitsOf(ends))).toEqual(ends);
  });

  it.each<[says: string, one: readonly number[], other: readonly number[]]>([
    ["a list and a list", [1, 40, 300], [2, 40]],
    ["a list and bits", [1, 7, 300], upTo(20)],
    ["bits and bits", upTo(20), upTo(40).map((ordinal) => ordinal + 1)],
  ])("is joined, and cut: %s", (_says, one, other) => {
    const both = [...new Set([...one, ...other])].sort((left, right) => left - right);
    expect(bitsIn(bitsOf(one, other))).toEqual(both);
    const common = bitsOf(one);
    keepCommon(common, bitsOf(other));
    expect(bitsIn(common)).toEqual(one.filter((ordinal) => other.includes(ordinal)));
  });
});

describe("lists of ordinals by key", () => {
  it("have each once", () => {
    const lists = new Map<string, number[]>();
    for (const ordinal of [3, 3, 5]) addOrdinal(lists, "a", ordinal);
    addOrdinal(lists, "b", 5);
    expect([...lists]).toEqual([
      ["a", [3, 5]],
      ["b", [5]],
    ]);
  });

  it("become sets, with a turn for others after each 256", () => {
    const lists = new Map(Array.from({ length: 600 }, (_, key) => [key, upTo(key % 46)] as const));
    const expected = [...lists.values()].map((list) => [...list]);
    const steps = ordinalSets(new Map([...lists].map(([key, list]) => [key, [...list]])), UNIVERSE);
    let turns = 0;
    for (;;) {
      const step = steps.next();
      if (step.done) {
        expect([...step.value.values()]).toEqual(
          expected.map((list) => ordinalSet(list, UNIVERSE)),
        );
        expect([...step.value.values()].map(listed)).toEqual(expected);
        break;
      }
      turns += 1;
    }
    expect(turns).toBe(2);
  });
});
