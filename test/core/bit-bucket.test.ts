import { describe, expect, it } from "vitest";
import { buildBitBucket } from "../../src/core/bit-bucket.js";
import { createEntryMaker, type IndexField, ruleLeft } from "../../src/core/index-entry.js";
import { keysOfRequest } from "../../src/core/index-keys.js";
import { accessRequest } from "../../src/core/request.js";
import type { ValueMap } from "../../src/core/values.js";
import { finished, ruleWith } from "../support/index-rules.js";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const many = (count: number, matchOf: (at: number) => ValueMap): ValueMap[] =>
  upTo(count).map(matchOf);

/** A bucket of rules, of which `known` was asked before: what it finds, and how many fields it asks. */
function bucketOf(matches: readonly ValueMap[], known?: string) {
  const asked = { fields: 0 };
  const watched = (one: IndexField): IndexField => {
    const { keys } = one;
    const get = (): typeof keys => {
      asked.fields += 1;
      return keys;
    };
    return Object.defineProperty({ ...one }, "keys", { get });
  };
  const entryOf = createEntryMaker();
  const entries = matches.map(ruleWith).map((one, at) => {
    const entry = entryOf(one, at);
    return { ...entry, fields: entry.fields.map(watched) };
  });
  const before = entries
    .flatMap(({ fields }) => fields)
    .filter(({ field }) => field.key === known)
    .map(({ attribute }) => attribute);
  const { result: bucket, turns } = finished(
    buildBitBucket(entries.map((entry) => ruleLeft(entry, before))),
  );
  const find = (attributes: ValueMap) => {
    const request = accessRequest("t", attributes);
    asked.fields = 0;
    const found = bucket.find({ request, keysOf: (one) => keysOfRequest(one, request) });
    return { found, asked: asked.fields };
  };
  return { find, turns };
}

describe("of the rules in a bucket", () => {
  const text = (at: number): ValueMap => ({ a: `v${at}` });
  const attribute = (at: number): ValueMap => ({ [`a${at}`]: "x" });
  const both = (at: number): ValueMap => ({ a: `v${at}`, dst_port: at + 1 });
  const pairs = (at: number): ValueMap => ({ a: `v${at >> 1}`, dst_port: (at >> 1) + 1 });
  // A word of bits is 32 rules, and ten words cost what asking a rule does.
  // prettier-ignore
  it.each<[says: string, matches: readonly ValueMap[], attributes: ValueMap, found: readonly number[], asked: number]>([
    ["none is asked where their bits are short", many(320, text), { a: "v7" }, [7], 0],
    ["the one that is left is asked where they are longer", many(321, text), { a: "v7" }, [7], 1],
    ["each of its fields is asked where two sets of bits are longer", many(161, both), { a: "v7", dst_port: 8 }, [7], 2],
    ["none is asked where two sets are short", many(160, both), { a: "v7", dst_port: 8 }, [7], 0],
    ["none is asked where two are left of bits that are not so long", many(320, pairs), { a: "v7", dst_port: 8 }, [14, 15], 0],
    ["two are asked where two are left of longer ones", many(321, pairs), { a: "v7", dst_port: 8 }, [14, 15], 4],
    ["those are asked that the narrowest attribute leaves", many(640, (at) => ({ a: at % 2, dst_port: at + 1 })), { a: 1, dst_port: 8 }, [7], 2],
    ["those are asked that it leaves, wherever it stands", many(640, (at) => ({ dst_port: at + 1, a: at % 2 })), { a: 1, dst_port: 8 }, [7], 2],
    ["none is asked where an attribute leaves none", many(640, both), { a: "v7", dst_port: 9_999 }, [], 0],
    ["none is asked where they agree on none", many(64, both), { a: "v7", dst_port: 9 }, [], 0],
    ["those without an attribute hold whatever it is", [{}, { a: "x" }, { dst_port: 1 }], { a: "x", dst_port: 2 }, [0, 1], 0],
    ["all hold where none asks anything", [{}, {}], {}, [0, 1], 0],
    ["those of several sets come once, ascending", [...many(1_400, () => ({ a: "z" })), { a: ["x", "y"] }, { a: "y" }, { a: "x" }], { a: ["y", "x"] }, [1_400, 1_401, 1_402], 3],
    ["a long list is asked by itself", [{ a: many(65, text).map(({ a }) => a ?? null) }, { a: "v3" }, { a: "v4" }], { a: "v3" }, [0, 1], 1],
    ["a list of 64 is not", [{ a: many(64, text).map(({ a }) => a ?? null) }, { a: "v3" }, { a: "v4" }], { a: "v3" }, [0, 1], 0],
    ["only the 33rd attribute is asked", many(33, attribute), Object.assign({}, ...many(33, attribute)) as ValueMap, upTo(33), 1],
    ["what is asked by itself has to hold", many(33, attribute), Object.assign({}, ...many(32, attribute)) as ValueMap, upTo(32), 1],
  ])("%s", (_says, matches, attributes, found, asked) => {
    expect(bucketOf(matches).find(attributes)).toEqual({ found, asked });
  });

  it("what was asked before is not asked again, by bits or otherwise", () => {
    const matches = many(64, (at) => ({ a: "v", dst_port: at + 1 }));
    expect(bucketOf(matches, "a").find({ dst_port: 8 })).toEqual({ found: [7], asked: 0 });
    const alone = many(9, () => ({ a: "v" }));
    expect(bucketOf(alone, "a").find({})).toMatchObject({ asked: 0, found: { length: 9 } });
    const longer = many(2_000, (at) => ({ a: "v", dst_port: at + 1 }));
    expect(bucketOf(longer, "a").find({ dst_port: 8 })).toEqual({ found: [7], asked: 1 });
  });

  it("a bucket answers each time anew", () => {
    const { find } = bucketOf(many(96, (at) => ({ a: at % 3, dst_port: (at % 5) + 1 })));
    const [first, second] = [find({ a: 1, dst_port: 1 }), find({ a: 2, dst_port: 4 })];
    expect(first.found.every((at) => at % 3 === 1 && at % 5 === 0)).toBe(true);
    expect(second.found.every((at) => at % 3 === 2 && at % 5 === 3)).toBe(true);
    expect([first.found.length, second.found.length]).toEqual([6, 6]);
    expect(find({ a: 1, dst_port: 1 })).toEqual(first);
  });
});

describe("while a bucket is built others have a turn", () => {
  // prettier-ignore
  it.each<[says: string, matches: readonly ValueMap[], turns: number]>([
    ["never for few rules that ask nothing", many(255, () => ({})), 0],
    ["for each 256 rules", many(1_024, () => ({})), 4],
    ["for each attribute", [{ a: 1, dst_port: 1, src_ip: "10.0.0.1" }], 3],
    ["for each 256 values of one", many(512, (at) => ({ a: `v${at}` })), 2 + 1 + 2],
  ])("%s", (_says, matches, turns) => {
    expect(bucketOf(matches).turns).toBe(turns);
  });
});
