import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conditionResolver, evaluateCondition } from "../../../src/core/evaluate-condition.js";
import { ownValue, type Value } from "../../../src/core/values.js";
import { expressionOf, missingNames } from "../../support/conditions.js";
import { compilerWith } from "../../support/policy-functions.js";

/** Expressions over the parameters `p` and `q`, and over names of the request. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const one = tie("expression");
  const operators = "== != < <= > >= in + - * && ||".split(" ");
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: "medium" },
      fc.constantFrom("p", "q", "n", "t", "absent", "1", "'a'", "true", "has(p)", "has(q)"),
      fc
        .tuple(one, fc.constantFrom(...operators), one)
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(one, one, one).map(([test, then, other]) => `(${test} ? ${then} : ${other})`),
      fc.tuple(one, one).map(([left, right]) => `(${left}).contains(${right})`),
      fc.tuple(one, one).map(([element, list]) => `(${element} in [${list}, p])`),
      one.map((operand) => `!${operand}`),
      one.map((operand) => `size(${operand})`),
    ),
  };
});

/** Most expressions are no condition, or err: these have more chances to be true or false. */
const condition = fc
  .tuple(fc.constantFrom("", "has(p) || ", "!has(p) && ", "p == q || ", "p != q && "), expression)
  .map(([guard, text]) => `${guard}${text}`);

const ATTRIBUTES: Readonly<Record<string, Value>> = {
  n: 1,
  t: "a",
  b: false,
  list: ["a", 1],
};
/** An argument, and what it is worth; undefined: a name that is absent. */
const argument = fc.constantFrom<[text: string, value: Value | undefined]>(
  ...["n", "t", "b", "list", "absent"].map((name): [string, Value | undefined] => [
    name,
    ownValue(ATTRIBUTES, name),
  ]),
  ["2", 2],
  ["1", 1],
  ["'a'", "a"],
  ["''", ""],
  ["true", true],
  ["false", false],
);

describe("a function called with names or literals", () => {
  it("says what its expression says with the parameters bound to their values", () => {
    const outcomes = { true: 0, false: 0, error: 0 };
    fc.assert(
      fc.property(condition, argument, argument, (text, [one, first], [other, second]) => {
        const call = compilerWith(`f(p, q) = ${text}`).compile(`f(${one}, ${other})`);
        if (!call.ok) throw new Error(call.message);
        const called = evaluateCondition(call.expression, conditionResolver({}, ATTRIBUTES));
        const bound = evaluateCondition(
          expressionOf(text),
          conditionResolver({ p: first ?? null, q: second ?? null }, ATTRIBUTES),
        );
        outcomes[bound.outcome] += 1;
        expect(called.outcome).toBe(bound.outcome);
        // The one names the argument that is absent, the other the parameter.
        const written = new Map([
          ["p", one],
          ["q", other],
        ]);
        const missing = missingNames(bound)?.map((name) => written.get(name) ?? name);
        expect(missingNames(called)).toEqual(missing && [...new Set(missing)]);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(200);
  });

  it("says what the same text says with the arguments in parentheses", () => {
    fc.assert(
      fc.property(expression, expression, (text, inner) => {
        const body = text.replaceAll("has(p)", "p");
        const call = compilerWith(`f(p) = ${body}`).compile(`f(${inner})`);
        const inPlace = body.replace(/\bp\b/g, `(${inner})`);
        fc.pre(inPlace.length <= 4096);
        expect(call).toMatchObject({ ok: true, expression: expressionOf(inPlace) });
      }),
      { numRuns: 1000 },
    );
  });
});
