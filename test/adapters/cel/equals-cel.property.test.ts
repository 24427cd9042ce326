import { celEnv, parse, plan } from "@bufbuild/cel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ValueMap } from "../../../src/core/values.js";
import { evaluateText } from "../../support/conditions.js";

/**
 * The subset in which conditions and CEL mean the same: names and operators of one type (a name's
 * first letter says which), decimal points in every number, `has` of what is inside a map, no `%`
 * and no division by zero (CEL gives infinity). Names may be absent.
 */
interface Grammar {
  readonly truth: string;
  readonly number: string;
  readonly text: string;
}

const { truth: condition } = fc.letrec<Grammar>((tie) => {
  const one = (type: keyof Grammar) => tie(type) as fc.Arbitrary<string>;
  const both = (type: keyof Grammar) => fc.tuple(one(type), one(type));
  const joined = (type: keyof Grammar, ...operators: string[]) =>
    fc
      .tuple(both(type), fc.constantFrom(...operators))
      .map(([[left, right], operator]) => `(${left} ${operator} ${right})`);
  const options = { maxDepth: 4, depthSize: "medium" } as const;
  return {
    truth: fc.oneof(
      options,
      fc.constantFrom("true", "false", "b1", "b2", "m.b3"),
      joined("truth", "&&", "||", "==", "!="),
      joined("number", "<", "<=", ">", ">=", "==", "!="),
      joined("text", "==", "!="),
      one("truth").map((operand) => `!${operand}`),
      fc.constantFrom("has(m.b3)", "has(m.n3)", "has(m.absent)"),
      fc
        .tuple(both("text"), fc.constantFrom("startsWith", "endsWith", "contains"))
        .map(([[operand, argument], name]) => `${operand}.${name}(${argument})`),
      fc
        .tuple(one("number"), fc.array(one("number"), { minLength: 1, maxLength: 3 }))
        .map(([element, list]) => `(${element} in [${list.join(", ")}])`),
      fc
        .tuple(one("truth"), both("truth"))
        .map(([test, [then, otherwise]]) => `(${test} ? ${then} : ${otherwise})`),
    ),
    number: fc.oneof(
      options,
      fc.constantFrom("0.0", "1.0", "2.5", "n1", "n2", "m.n3"),
      joined("number", "+", "-", "*"),
      one("number").map((operand) => `(${operand} / 4.0)`),
      one("number").map((operand) => `(-${operand})`),
    ),
    text: fc.oneof(
      options,
      fc.constantFrom("''", "'a'", '"ab"', "'😀'", "t1", "t2", "m.t3"),
      joined("text", "+"),
    ),
  };
});

const number = fc.constantFrom(0, 1, 2.5, -1.25, 1000);
const text = fc.constantFrom("", "a", "ab", "b", "😀");
const attributes: fc.Arbitrary<ValueMap> = fc.record(
  {
    b1: fc.boolean(),
    b2: fc.boolean(),
    n1: number,
    n2: number,
    t1: text,
    t2: text,
    m: fc.record(
      { b3: fc.boolean(), n3: number, t3: text },
      { requiredKeys: [], noNullPrototype: true },
    ),
  },
  { requiredKeys: ["m"], noNullPrototype: true },
);

const environment = celEnv();

function celSays(condition: string, values: ValueMap): string {
  const result = plan(environment, parse(condition))(values);
  return typeof result === "boolean" ? String(result) : "error";
}

describe("core's evaluator and a CEL library", () => {
  it("say the same where their languages are the same", () => {
    const outcomes = { true: 0, false: 0, error: 0 };
    fc.assert(
      fc.property(condition, attributes, (text, values) => {
        const { outcome } = evaluateText(text, values);
        outcomes[outcome] += 1;
        expect(outcome).toBe(celSays(text, values));
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(500);
  });
});
