import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCandidate } from "../../src/core/evaluate-rule.js";
import { parseTargetField } from "../../src/core/parse-target-field.js";
import type { Rule } from "../../src/core/policy.js";
import { blocksOfRange } from "../../src/core/prefix-table.js";
import { accessRequest } from "../../src/core/request.js";
import type { IndexShape } from "../../src/core/index-node.js";
import { buildRuleIndex, type RuleIndex } from "../../src/core/rule-index.js";
import type { TargetField } from "../../src/core/target.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { rule } from "../support/rules.js";

const ASKED: IndexShape = { few: 1_000, crowd: 1_000, gain: 4 };
const BITS: IndexShape = { few: 0, crowd: 1_000, gain: 4 };
const HASHES: IndexShape = { few: 0, crowd: 0, gain: 1 };

function field(key: string, value: Value): TargetField {
  const parsed = parseTargetField(key, value);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

function ruleWith(match: ValueMap, index: number): Rule {
  const target = Object.entries(match).map(([key, value]) => field(key, value));
  return { ...rule("allow", index), target };
}

function indexOf(rules: readonly Rule[], shape?: IndexShape): RuleIndex {
  const steps = buildRuleIndex(rules, shape);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

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

  it("gives others a turn while it is built, and often", () => {
    const rules = Array.from({ length: 5_000 }, (_, at) => ruleWith({ src_type: `t${at}` }, at));
    expect([...buildRuleIndex(rules)].length).toBeGreaterThan(50);
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
