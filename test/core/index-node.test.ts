import { describe, expect, it } from "vitest";
import { createEntryMaker } from "../../src/core/index-entry.js";
import {
  buildIndexNode,
  type IndexNode,
  type IndexShape,
  measuredShape,
} from "../../src/core/index-node.js";
import type { ValueMap } from "../../src/core/values.js";
import { finished, ruleWith } from "../support/index-rules.js";

const SHAPE: IndexShape = { few: 4, crowd: 8, gain: 2 };

function built(matches: readonly ValueMap[], shape: IndexShape = SHAPE) {
  const entryOf = createEntryMaker();
  const entries = matches.map((match, at) => entryOf(ruleWith(match, at), at));
  return finished(buildIndexNode(entries, shape, []));
}

/**
 * `rules 3`: asked one by one. `bits`: a bucket. `a[8 x rules 1] + rules 0`: told apart by `a` into eight
 * groups, and what does not look at it.
 */
function text(node: IndexNode): string {
  if (node.kind === "rules") return `rules ${node.rules.length}`;
  if (node.kind === "bucket") return "bits";
  const splits = node.splits.map(({ attribute, children }) => {
    const kinds = new Set([...children.values()].map(text));
    return `${attribute.path.join(".")}[${children.size} x ${[...kinds].join(" | ")}]`;
  });
  return [...splits, text(node.rest)].join(" + ");
}

const many = (count: number, matchOf: (at: number) => ValueMap): ValueMap[] =>
  Array.from({ length: count }, (_, at) => matchOf(at));
const list = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, of) => `${name}${of}`);
const port = (at: number): ValueMap => ({ dst_port: at + 1 });

describe("rules are", () => {
  // prettier-ignore
  it.each<[says: string, matches: readonly ValueMap[], node: string, shape?: Partial<IndexShape>]>([
    ["asked one by one while there are few for an attribute", many(4, port), "rules 4"],
    ["bits where there are more", many(5, port), "bits"],
    ["asked one by one where they look at more attributes", many(8, (at) => ({ dst_port: at + 1, src_port: 1 })), "rules 8"],
    ["bits where they are a crowd, whatever they look at", many(9, (at) => ({ dst_port: at + 1, src_port: 1, src_ip: "10.0.0.1" })), "bits"],
    ["told apart by an equality where they are a crowd", many(9, (at) => ({ a: `v${at}` })), "a[9 x rules 1] + rules 0"],
    ["not told apart while they are none", many(8, (at) => ({ a: `v${at}` })), "bits"],
    ["told apart where half of them are left", many(10, (at) => ({ a: at % 2 })), "a[2 x rules 5] + rules 0", { few: 0 }],
    ["not told apart where more are left", many(10, (at) => ({ a: at % 2 })), "bits", { gain: 3 }],
    ["not told apart where nearly all want one value", many(10, (at) => ({ a: at === 0 ? "x" : "y" })), "bits"],
    ["told apart by the attribute that leaves the fewest", many(12, (at) => ({ a: at % 2, b: `v${at}`, c: at % 3 })), "b[12 x rules 1] + rules 0"],
    ["told apart by what all look at rather than by what some do", [...many(9, (at) => ({ a: `v${at}`, b: at % 3 })), ...many(9, (at) => ({ b: at % 3 }))], "b[3 x rules 6] + rules 0", { few: 8 }],
    ["told apart by what some look at where that leaves fewer", [...many(18, (at) => ({ a: `v${at}`, b: at % 2 })), ...many(2, () => ({ b: 1 }))], "a[18 x rules 1] + rules 2"],
    ["not told apart by what only a handful looks at", [...many(8, (at) => ({ a: `v${at}` })), ...many(8, port)], "bits"],
    ["told apart again where they do not look at the first attribute", [...many(10, (at) => ({ a: `v${at}` })), ...many(9, (at) => ({ b: `w${at}` }))], "a[10 x rules 1] + b[9 x rules 1] + rules 0"],
    ["told apart by a second attribute within each group", many(81, (at) => ({ a: at % 9, b: Math.floor(at / 9) })), "a[9 x b[9 x rules 1] + rules 0] + rules 0"],
    ["kept apart from wildcards", [...many(9, (at) => ({ a: `v${at}` })), { a: "any" }, {}], "a[9 x rules 1] + rules 2"],
    ["in the group of each of their values", many(9, (at) => ({ a: [`v${at}`, `w${at}`] })), "a[18 x rules 1] + rules 0"],
    ["in up to 16 groups", many(9, (at) => ({ a: list(`v${at} `, 16) })), "a[144 x rules 1] + rules 0"],
    ["in no more than that", many(9, (at) => ({ a: list(`v${at} `, 17) })), "bits"],
  ])("%s", (_says, matches, node, shape) => {
    expect(text(built(matches, { ...SHAPE, ...shape }).result)).toBe(node);
  });

  it("in up to 16 groups of all attributes together", () => {
    const shape = { few: 0, crowd: 0, gain: 1 };
    const deep = (b: number) => text(built([{ a: list("v", 4), b: list("w", b) }], shape).result);
    expect(deep(4)).toBe("a[4 x b[4 x rules 1] + rules 0] + rules 0");
    expect(deep(5)).toBe("a[4 x bits] + rules 0");
  });

  it("told apart by 64 attributes side by side at most", () => {
    const matches = Array.from({ length: 66 }, (_, name) =>
      many(9, (at) => ({ [`a${name}`]: at })),
    ).flat();
    const { result } = built(matches);
    expect(result.kind === "splits" && result.splits.length).toBe(64);
    expect(result.kind === "splits" && text(result.rest)).toBe("bits");
  });

  it("told apart by 12 attributes one below the other at most", () => {
    const match = Object.fromEntries(Array.from({ length: 14 }, (_, name) => [`a${name}`, "x"]));
    let { result: node } = built([match], { few: 0, crowd: 0, gain: 1 });
    let depth = 0;
    for (; node.kind === "splits"; depth += 1) {
      const [child] = node.splits[0]?.children.values() ?? [];
      if (!child) break;
      node = child;
    }
    expect(depth).toBe(12);
  });
});

describe("others have a turn", () => {
  // prettier-ignore
  it.each<[says: string, matches: readonly ValueMap[], turns: number]>([
    ["never while rules are asked one by one", many(4, port), 0],
    ["for each 256 rules that are counted and parted, and for each 64 groups", many(1_024, (at) => ({ a: `v${at}` })), 4 + 4 + 16],
    ["for each 256 rules that are counted in vain, asked what is left, and put into bits", many(1_024, () => ({ a: "x" })), 4 + 4 + 4 + 1],
  ])("%s", (_says, matches, turns) => {
    expect(built(matches).turns).toBe(turns);
  });
});

it("small types are told apart sooner than large ones", () => {
  const [small, large] = [measuredShape(64), measuredShape(65)];
  expect(small.crowd).toBeLessThan(large.crowd);
  expect(small.gain).toBeLessThan(large.gain);
  expect(measuredShape(1)).toEqual(small);
  expect(measuredShape(5_000)).toEqual(large);
});
