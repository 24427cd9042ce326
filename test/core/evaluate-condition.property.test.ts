import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BinaryOperator, Expression } from "../../src/core/condition.js";
import {
  conditionNames,
  conditionResolver,
  evaluateCondition,
} from "../../src/core/evaluate-condition.js";
import type { Value } from "../../src/core/values.js";
import { missingNames } from "../support/conditions.js";

const operators: BinaryOperator[] = [
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "+",
  "-",
  "*",
  "/",
  "%",
];

const value: fc.Arbitrary<Value> = fc.jsonValue({ maxDepth: 2 }).map((json) => json as Value);

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc
      .constantFrom("a", "b", "c.d", "__proto__")
      .map((name): Expression => ({ kind: "name", path: name.split(".") })),
    fc
      .oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null))
      .map((literal): Expression => ({ kind: "literal", value: literal })),
    fc.record({ kind: fc.constantFrom("not", "negate", "size"), operand: tie("expression") }),
    fc.record({
      kind: fc.constantFrom("and", "or"),
      left: tie("expression"),
      right: tie("expression"),
    }),
    fc.record({
      kind: fc.constant("binary"),
      operator: fc.constantFrom(...operators),
      left: tie("expression"),
      right: tie("expression"),
    }),
    fc.record({
      kind: fc.constant("conditional"),
      test: tie("expression"),
      then: tie("expression"),
      otherwise: tie("expression"),
    }),
    fc.record({
      kind: fc.constant("text"),
      function: fc.constantFrom("startsWith", "endsWith", "contains"),
      operand: tie("expression"),
      argument: tie("expression"),
    }),
    fc.record({
      kind: fc.constant("list"),
      elements: fc.array(tie("expression"), { maxLength: 3 }),
    }),
  ),
}));

describe("any expression with any values", () => {
  const attributes = fc.dictionary(fc.constantFrom("a", "b", "c", "c.d"), value);

  it("gives true, false or an error with a message, and names only what it reads and is absent", () => {
    fc.assert(
      fc.property(expression, attributes, (anyExpression, anyAttributes) => {
        const resolve = conditionResolver({}, anyAttributes);
        const result = evaluateCondition(anyExpression, resolve);
        const read = conditionNames(anyExpression).map((path) => path.join("."));
        expect(["true", "false", "error"]).toContain(result.outcome);
        for (const name of missingNames(result) ?? []) {
          expect(read).toContain(name);
          expect(resolve(name.split("."))).toBeUndefined();
        }
        expect(result).not.toMatchObject({ message: "" });
      }),
      { numRuns: 1000 },
    );
  });

  it("`&&` and `||` answer alike from either side", () => {
    fc.assert(
      fc.property(expression, expression, attributes, (left, right, anyAttributes) => {
        const resolve = conditionResolver({}, anyAttributes);
        for (const kind of ["and", "or"] as const) {
          const one = evaluateCondition({ kind, left, right }, resolve);
          const other = evaluateCondition({ kind, left: right, right: left }, resolve);
          expect(one.outcome).toBe(other.outcome);
          expect(missingNames(one)?.toSorted()).toEqual(missingNames(other)?.toSorted());
        }
      }),
      { numRuns: 1000 },
    );
  });
});
