import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCandidate } from "../../src/core/evaluate-rule.js";
import type { Rule } from "../../src/core/policy.js";
import { blocksOfRange } from "../../src/core/prefix-table.js";
import { accessRequest } from "../../src/core/request.js";
import type { IndexShape } from "../../src/core/index-node.js";
import { buildRuleIndex, type RuleIndex } from "../../src/core/rule-index.js";
import type { ValueMap } from "../../src/core/values.js";
import { field, ruleWith, watched } from "../support/index-rules.js";
import { rule } from "../support/rules.js";

const ASKED: IndexShape = { few: 1_000, crowd: 1_000, gain: 4 };
const BITS: IndexShape = { few: 0, crowd: 1_000, gain: 4 };
const HASHES: IndexShape = { few: 0, crowd: 0, gain: 1 };

function indexOf(rules: readonly Rule[], shape?: IndexShape): RuleIndex {
  const steps = buildRuleIndex(rules, shape);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Longer than what the index hashes. */
const LONG_LISTS: ValueMap[] = [
  { a: Array.from({ length: 70 }, (_, at) => `v${at}`) },
  { src_ip: Array.from({ length: 70 }, (_, at) => `10.0.0.${at}`) },
  { dst_port: Array.from({ length: 70 }, (_, at) => 2 * at + 1) },
  { src_ip_range: Array.from({ length: 70 }, (_, at) => `10.0.1.${at}-10.0.2.${at}`) },
];

describe.each([
  ["rules that are asked", ASKED],
  ["bits", BITS],
  ["hashes", HASHES],
])("an index of %s", (_name, shape) => {
  it.each<[says: string, matches: ValueMap[], attributes: ValueMap, found: number[]]>([
    ["finds nothing among no rules", [], { a: 1 }, []],
    ["finds a rule without a target for everything", [{}], {}, [0]],
    ["finds a wildcard for an absent attribute", [{ a: "any" }, { a: "x" }], {}, [0]],
    ["finds rules in file order", [{ a: 1 }, {}, { b: 2 }, { a: 1 }], { b: 2, a: 1 }, [0, 1, 2, 3]],
    ["finds a number by its decimal text", [{ a: "1" }, { a: 1 }], { a: "1" }, [0, 1]],
    ["finds a text by the number it spells", [{ a: "1" }, { a: "01" }], { a: 1 }, [0]],
    ["keeps true apart from its text", [{ a: true }, { a: "true" }], { a: "true" }, [1]],
    ["finds no number that JSON prints with an exponent by text", [{ a: 1e21 }], { a: "1e21" }, []],
    ["finds such a number by itself", [{ a: 1e21 }], { a: 1e21 }, [0]],
    ["finds minus zero as zero", [{ a: 0 }, { a: "0" }], { a: -0 }, [0, 1]],
    ["finds a rule with a list once", [{ a: ["x", "y"] }, { a: "z" }], { a: ["y", "x", "y"] }, [0]],
    ["finds by one element of a list", [{ a: "x" }, { a: "y" }], { a: [null, "y"] }, [1]],
    ["lets a flat name win", [{ "a.b": 1 }, { "a.b": 2 }], { "a.b": 1, a: { b: 2 } }, [0]],
    ["reaches into nested attributes", [{ "a.b": 1 }, { "a.b": 2 }], { a: { b: 2 } }, [1]],
    ["finds no key of Object.prototype", [{ constructor: "x" }], {}, []],
    [
      "finds protocols by name and number",
      [{ protocol: "TCP" }, { protocol: 17 }],
      { protocol: "6" },
      [0],
    ],
    [
      "finds every network around an address",
      [
        { src_ip: "10.0.0.0/8" },
        { src_ip: "10.1.0.0/16" },
        { src_ip: "11.0.0.0/8" },
        { src_ip: "0.0.0.0/0" },
        { src_ip: "::/0" },
      ],
      { src_ip: "10.1.2.3" },
      [0, 1, 3],
    ],
    [
      "finds IPv6 networks",
      [{ src_ip: "2001:db8::/32" }, { src_ip: "::/0" }, { src_ip: "0.0.0.0/0" }],
      { src_ip: "2001:db8::1" },
      [0, 1],
    ],
    [
      "reads a mapped address as IPv4",
      [{ src_ip: "10.0.0.1" }, { src_ip: "::/0" }],
      { src_ip: "::ffff:10.0.0.1" },
      [0],
    ],
    [
      "finds ranges by both ends",
      [{ src_ip_range: "10.0.0.3-10.0.0.9" }, { src_ip_range: "10.0.0.9-10.0.1.0" }],
      { src_ip: "10.0.0.9" },
      [0, 1],
    ],
    [
      "finds ranges of IPv6",
      [{ src_ip_range: "2001:db8::-2001:db8::9" }],
      { src_ip: "2001:db8::9" },
      [0],
    ],
    [
      "asks both keys about one address",
      [{ src_ip: "10.0.0.0/8", src_ip_range: "10.0.0.1-10.0.0.2" }],
      { src_ip: ["10.9.9.9", "10.0.0.2"] },
      [0],
    ],
    [
      "finds ports at the edges of ranges",
      [
        { dst_port: "1-79" },
        { dst_port: "80-81" },
        { dst_port: "0-65535" },
        { dst_port: "22-79,81-99" },
      ],
      { dst_port: 80 },
      [1, 2],
    ],
    [
      "asks ranges of IPv6 what they hold",
      [{ src_ip_range: "2001:db8::-2001:db8::9" }, { src_ip_range: "2001:db8::9-2001:db8::a" }],
      { src_ip: "2001:db8::a" },
      [1],
    ],
    [
      "finds nothing by long lists that do not hold",
      LONG_LISTS,
      { a: "v70", src_ip: "10.0.0.70", dst_port: 2 },
      [],
    ],
    [
      "finds all by long lists that hold",
      LONG_LISTS,
      { a: "v69", src_ip: ["10.0.0.69", "10.0.2.5"], dst_port: 3 },
      [0, 1, 2, 3],
    ],
    ["finds nothing by a malformed port", [{ dst_port: "1-79" }, {}], { dst_port: "080" }, [1]],
  ])("%s", (_says, matches, attributes, found) => {
    const rules = matches.map(ruleWith);
    const request = accessRequest("t", attributes);
    expect(indexOf(rules, shape).candidates(request)).toStrictEqual(found);
    expect(rules.flatMap((one, at) => (isCandidate(one, request) ? [at] : []))).toStrictEqual(
      found,
    );
  });

  it("leaves out rules that are switched off", () => {
    const rules = [rule("allow#", 0), rule("allow", 1)];
    expect(indexOf(rules, shape).candidates(accessRequest("t", {}))).toStrictEqual([1]);
  });

  it("asks two fields of one key as two", () => {
    const target = [field("a", "x"), field("a", "y")];
    const index = indexOf([{ ...rule("allow"), target }, ruleWith({ a: "x" }, 1)], shape);
    expect(index.candidates(accessRequest("t", { a: "x" }))).toStrictEqual([1]);
    expect(index.candidates(accessRequest("t", { a: ["x", "y"] }))).toStrictEqual([0, 1]);
  });

  it("holds with longer lists, more keys and more copies than it hashes", () => {
    const values = Array.from({ length: 70 }, (_, index) => `v${index}`);
    const keys = Array.from({ length: 80 }, (_, index) => `key${index}`);
    const rules = [
      { a: values, b: values, c: values },
      ...keys.map((key) => ({ [key]: "v1" })),
      ...keys.map((key) => ({ [key]: "v2", a: ["v1", "v2"], b: ["v1", "v2"] })),
    ].map(ruleWith);
    const attributes = { a: "v1", b: ["v2", "v69"], c: "v69", key0: "v1", key79: "v2" };
    const request = accessRequest("t", attributes);
    const asked = rules.flatMap((one, at) => (isCandidate(one, request) ? [at] : []));
    expect(indexOf(rules, shape).candidates(request)).toStrictEqual(asked);
    expect(asked).toStrictEqual([0, 1, 160]);
  });
});

describe("a large index", () => {
  it("finds one of 5,000 addresses without bits or hashes of it", () => {
    const rules = Array.from({ length: 5_000 }, (_, at) =>
      ruleWith({ src_ip: `10.0.${at >> 8}.${at & 255}`, dst_port: "1-1023" }, at),
    );
    const request = accessRequest("t", { src_ip: "10.0.1.2", dst_port: 80 });
    expect(indexOf(rules).candidates(request)).toStrictEqual([258]);
  });

  // prettier-ignore
  it.each<[says: string, matchOf: (at: number) => ValueMap, attributes: ValueMap, most: number]>([
    ["a text",                        (at) => ({ a: `v${at}` }),                        { a: "v7" },                    0],
    ["a number, by its text",         (at) => ({ a: at }),                              { a: "7" },                     0],
    ["one of two texts",              (at) => ({ a: [`v${at}`, `w${at}`] }),            { a: "w7" },                    0],
    ["two texts of ten each",         (at) => ({ a: `v${at % 40}`, b: `w${at >> 6}` }), { a: "v7", b: "w1" },           0],
    ["a text, and a port",            (at) => ({ a: `v${at >> 2}`, dst_port: at + 1 }), { a: "v7", dst_port: 30 },      4],
    ["a text beside a wildcard",      (at) => ({ b: "any", a: `v${at}` }),              { a: "v7" },                    0],
    ["a list of the request",         (at) => ({ a: `v${at}` }),                        { a: ["v7", "v9", "v7", null] }, 0],
    ["no text, where it is absent",   (at) => ({ a: `v${at}` }),                        {},                             0],
    ["a component and a protocol",    (at) => ({ src_type: `t${at >> 1}`, protocol: at % 2 === 0 ? "tcp" : 17 }), { src_type: "t7", protocol: "UDP" }, 2],
    ["one of 2,000 protocols",        (at) => ({ protocol: `p${at}` }),                 { protocol: "P7" },             0],
    ["an address",                    (at) => ({ src_ip: `10.0.${at >> 8}.${at & 255}` }), { src_ip: "10.0.0.7" },      1],
    ["a network",                     (at) => ({ src_ip: `10.${at >> 8}.${at & 255}.0/24` }), { src_ip: "10.0.7.9" },   1],
    ["an IPv6 network",               (at) => ({ dst_ip: `2001:db8:${at.toString(16)}::/48` }), { dst_ip: "2001:db8:7::1" }, 1],
    ["a range of addresses",          (at) => ({ src_ip_range: `10.0.${at >> 8}.${at & 255}-10.0.${at >> 8}.${at & 255}` }), { src_ip: "10.0.0.7" }, 1],
    ["a port",                        (at) => ({ src_port: at + 1 }),                   { src_port: 7 },                1],
    ["an address, but for one rule",  (at) => (at === 1_500 ? { dst_port: 1 } : { src_ip: `10.0.${at >> 8}.${at & 255}` }), { src_ip: "10.0.0.7", dst_port: 1 }, 2],
    ["an address, where a port misses", (at) => ({ src_ip: `10.0.${at >> 8}.${at & 255}`, dst_port: at + 1 }), { src_ip: "10.0.0.7", dst_port: 9 }, 2],
    ["half of the ports each",        (at) => ({ dst_port: at % 2 === 0 ? "1-99" : "100-199" }), { dst_port: 7 },       0],
    ["a network and half of the ports", (at) => ({ src_ip: `10.0.0.0/${8 + (at % 9)}`, dst_port: at % 2 === 0 ? "1-99" : "100-199" }), { src_ip: "10.0.0.1", dst_port: 7 }, 0],
  ])("tells 2,000 rules apart by %s, and asks next to none", (_says, matchOf, attributes, most) => {
    const { rules, asked } = watched(Array.from({ length: 2_000 }, (_, at) => ruleWith(matchOf(at), at)));
    const request = accessRequest("t", attributes);
    const index = indexOf(rules);
    asked.fields = 0;
    const found = index.candidates(request);
    expect(asked.fields).toBeLessThanOrEqual(most);
    expect(found).toStrictEqual(rules.flatMap((one, at) => (isCandidate(one, request) ? [at] : [])));
  });

  it("gives others a turn while it is built, and often", () => {
    const rules = Array.from({ length: 5_000 }, (_, at) => ruleWith({ src_type: `t${at}` }, at));
    expect([...buildRuleIndex(rules)].length).toBeGreaterThan(50);
  });

  // prettier-ignore
  it.each<[says: string, matchOf: (at: number) => ValueMap]>([
    ["a text each",               (at) => ({ a: `v${at}` })],
    ["an address and a port each", (at) => ({ src_ip: `10.0.${at >> 8}.${at & 255}`, dst_port: at + 1 })],
    ["nothing",                   () => ({})],
  ])("reads few rules of %s in a step", (_says, matchOf) => {
    const { rules, asked } = watched(Array.from({ length: 3_000 }, (_, at) => ruleWith(matchOf(at), at)));
    let most = 0;
    for (const _step of buildRuleIndex(rules)) {
      most = Math.max(most, asked.targets);
      asked.targets = 0;
    }
    expect(most).toBeLessThanOrEqual(256);
  });
});

describe("the blocks of a range", () => {
  it("are aligned, follow each other without gaps, and are at most twice the bits", () => {
    const ends = fc.tuple(fc.nat({ max: 65_535 }), fc.nat({ max: 65_535 }));
    fc.assert(
      fc.property(ends, ([one, other]) => {
        const [first, last] = [Math.min(one, other), Math.max(one, other)];
        const blocks = blocksOfRange(first, last, 16).map(({ length, key }) => {
          const size = 2 ** (16 - length);
          return { start: key * size, end: key * size + size - 1 };
        });
        expect(blocks.length).toBeLessThanOrEqual(32);
        expect(blocks[0]?.start).toBe(first);
        expect(blocks.at(-1)?.end).toBe(last);
        expect(blocks.slice(1).map(({ start }) => start)).toStrictEqual(
          blocks.slice(0, -1).map(({ end }) => end + 1),
        );
      }),
    );
  });
});
