import { describe, expect, it } from "vitest";
import { createTargetBuckets } from "../../../src/core/lint/target-buckets.js";
import { type Constraint, constraintsOf } from "../../../src/core/lint/target-relation.js";
import { parseTargetField } from "../../../src/core/parse-target-field.js";
import type { ValueMap } from "../../../src/core/values.js";

function constraints(match: ValueMap): readonly Constraint[] {
  return constraintsOf(
    Object.entries(match).map(([key, value]) => {
      const field = parseTargetField(key, value);
      if (!field.ok) throw new Error(field.problem);
      return field.value;
    }),
  );
}

function bucketsOf(matches: readonly ValueMap[]) {
  const buckets = createTargetBuckets<string>();
  for (const match of matches) buckets.add(constraints(match), JSON.stringify(match));
  return {
    mayCover: (match: ValueMap) => [...buckets.mayCover(constraints(match))].sort(),
    mayMeet: (match: ValueMap) => [...buckets.mayMeet(constraints(match))].sort(),
  };
}

const HELD: readonly ValueMap[] = [
  {},
  { a: "x" },
  { a: "y" },
  { a: "x", b: 1 },
  { b: 1, a: "y" },
  { b: true },
  { dst_port: "1-9" },
  { a: "x", dst_port: 80 },
];

describe("targets by what they pin", () => {
  // prettier-ignore
  it.each<[says: string, match: ValueMap, mayCover: string[], mayMeet: string[]]>([
    ["one value", { a: "x" },
      ['{"a":"x"}', '{"dst_port":"1-9"}', "{}"],
      ['{"a":"x","b":1}', '{"a":"x","dst_port":80}', '{"a":"x"}', '{"b":1,"a":"y"}', '{"b":true}', '{"dst_port":"1-9"}', "{}"]],
    ["two values, in another order", { b: "1", a: "x" },
      ['{"a":"x","b":1}', '{"a":"x"}', '{"dst_port":"1-9"}', "{}"],
      ['{"a":"x","b":1}', '{"a":"x","dst_port":80}', '{"a":"x"}', '{"dst_port":"1-9"}', "{}"]],
    ["a text, which is no boolean", { b: "true" },
      ['{"dst_port":"1-9"}', "{}"],
      ['{"a":"x","b":1}', '{"a":"x","dst_port":80}', '{"a":"x"}', '{"a":"y"}', '{"b":1,"a":"y"}', '{"dst_port":"1-9"}', "{}"]],
    ["nothing", {},
      ['{"dst_port":"1-9"}', "{}"],
      HELD.map((match) => JSON.stringify(match)).sort()],
  ])("are found for %s", (_says, match, mayCover, mayMeet) => {
    const buckets = bucketsOf(HELD);
    expect(buckets.mayCover(match)).toEqual(mayCover);
    expect(buckets.mayMeet(match)).toEqual(mayMeet);
  });

  it("are told apart up to 64 shapes, and found behind them", () => {
    const many = Array.from({ length: 70 }, (_, index) => ({ [`key${index}`]: 1 }));
    const buckets = bucketsOf([...many, { key3: 2 }, { key69: 2 }]);
    expect(buckets.mayCover({ key3: 1 })).toContain('{"key3":1}');
    expect(buckets.mayCover({ key3: 1 })).not.toContain('{"key3":2}');
    expect(buckets.mayCover({ key3: 1 })).not.toContain('{"key4":1}');
    expect(buckets.mayCover({ key69: 1 })).toContain('{"key69":1}');
    expect(buckets.mayCover({ key69: 1 })).toContain('{"key69":2}');
  });
});
