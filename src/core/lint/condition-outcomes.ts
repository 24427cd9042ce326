import type { BinaryOperator, Expression } from "../condition.js";
import { evaluateCondition } from "../evaluate-condition.js";
import { isList, lookUp, orderingNumber, type Value, type ValueMap } from "../values.js";
import { contradictoryBounds } from "./condition-bounds.js";
import { partsOf } from "./condition-parts.js";

/** What a condition can come to, over all requests; nothing that it can come to is left out. */
export interface Outcomes {
  readonly true: boolean;
  readonly false: boolean;
  readonly error: boolean;
  /** Why it cannot be true, for a person, where it cannot. */
  readonly why?: string;
}

const ANYTHING: Outcomes = { true: true, false: true, error: true };

/**
 * What `expression` can come to with these parameters, whatever the request. It may say more than
 * what is possible (`x > x` looks open), and never less.
 */
export function possibleOutcomes(expression: Expression, parameters: ValueMap): Outcomes {
  return outcomesOf(expression, parameters, contradictoryBounds);
}

type BoundsOf = typeof contradictoryBounds;

// Why: the outermost `&&` has looked at the bounds of all that it joins. Once each, not at every level.
const LOOKED_AT: BoundsOf = () => undefined;

/** @param boundsOf - Looks at the bounds of an `&&`, where none around it has. */
function outcomesOf(expression: Expression, parameters: ValueMap, boundsOf: BoundsOf): Outcomes {
  if (isConstant(expression, parameters)) return constantOutcome(expression, parameters);
  switch (expression.kind) {
    case "name":
    case "literal":
      return ANYTHING;
    case "has":
      return { true: true, false: true, error: false };
    case "list":
      return fails("a list is not true or false");
    case "size":
    case "negate":
      return fails("a number is not true or false");
    case "not": {
      const of = possibleOutcomes(expression.operand, parameters);
      return { ...of, true: of.false, false: of.true };
    }
    case "and":
      return ofAnd(expression, parameters, boundsOf);
    case "or":
      return ofOr(expression, parameters);
    case "conditional":
      return ofBranches(expression, parameters);
    case "text": {
      const sides = [expression.operand, expression.argument];
      const isText = (side: Expression): boolean => {
        const value = constantValue(side, parameters);
        return value === undefined || typeof value === "string";
      };
      return sides.every(isText) ? ANYTHING : fails(`\`${expression.function}\` needs two texts`);
    }
    case "binary":
      return ofComparison(expression, parameters);
  }
}

function fails(why: string): Outcomes {
  return { true: false, false: false, error: true, why };
}

/** Whether no name in it is left to the request. */
function isConstant(expression: Expression, parameters: ValueMap): boolean {
  return expression.kind === "name"
    ? lookUp(parameters, expression.path) !== undefined
    : partsOf(expression).every((part) => isConstant(part, parameters));
}

function constantOutcome(expression: Expression, parameters: ValueMap): Outcomes {
  const result = evaluateCondition(expression, (path) => lookUp(parameters, path));
  if (result.outcome === "error") return fails(result.message);
  const isTrue = result.outcome === "true";
  return { true: isTrue, false: !isTrue, error: false };
}

/** The value of a literal or a parameter, a list of them included; undefined for anything else. */
export function constantValue(expression: Expression, parameters: ValueMap): Value | undefined {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "name":
      return lookUp(parameters, expression.path);
    case "negate": {
      const value = constantValue(expression.operand, parameters);
      return typeof value === "number" ? -value : undefined;
    }
    case "list": {
      const values = expression.elements.map((element) => constantValue(element, parameters));
      return values.includes(undefined) ? undefined : (values as readonly Value[]);
    }
    default:
      return undefined;
  }
}

function ofAnd(
  expression: Extract<Expression, { kind: "and" | "or" }>,
  parameters: ValueMap,
  boundsOf: BoundsOf,
): Outcomes {
  const left = outcomesOf(expression.left, parameters, LOOKED_AT);
  const right = outcomesOf(expression.right, parameters, LOOKED_AT);
  const bounds = boundsOf(expression, (side) => constantValue(side, parameters));
  const why = bounds ?? left.why ?? right.why;
  return {
    true: bounds === undefined && left.true && right.true,
    false: left.false || right.false,
    error: (left.error && (right.true || right.error)) || (right.error && left.true),
    ...(why === undefined ? {} : { why }),
  };
}

/** `a || b` is `!(!a && !b)`, also in what it absorbs. */
function ofOr(
  expression: Extract<Expression, { kind: "and" | "or" }>,
  parameters: ValueMap,
): Outcomes {
  const left = possibleOutcomes(expression.left, parameters);
  const right = possibleOutcomes(expression.right, parameters);
  const why = left.why ?? right.why;
  return {
    true: left.true || right.true,
    false: left.false && right.false,
    error: (left.error && (right.false || right.error)) || (right.error && left.false),
    ...(why === undefined ? {} : { why }),
  };
}

function ofBranches(
  { test, then, otherwise }: Extract<Expression, { kind: "conditional" }>,
  parameters: ValueMap,
): Outcomes {
  const of = possibleOutcomes(test, parameters);
  const branches = [
    ...(of.true ? [possibleOutcomes(then, parameters)] : []),
    ...(of.false ? [possibleOutcomes(otherwise, parameters)] : []),
  ];
  const why = of.why ?? branches.find((branch) => branch.why !== undefined)?.why;
  return {
    true: branches.some((branch) => branch.true),
    false: branches.some((branch) => branch.false),
    error: of.error || branches.some((branch) => branch.error),
    ...(why === undefined ? {} : { why }),
  };
}

function ofComparison(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  parameters: ValueMap,
): Outcomes {
  const sides = [constantValue(left, parameters), constantValue(right, parameters)];
  switch (operator) {
    case "==":
    case "!=":
      return ANYTHING;
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const odd = sides.find((side) => side !== undefined && orderingNumber(side) === undefined);
      return odd === undefined ? ANYTHING : fails(`${described(odd)} cannot be ordered`);
    }
    case "in": {
      const list = sides[1];
      if (list !== undefined && !isList(list)) return fails(`${described(list)} is not a list`);
      return list?.length === 0 ? { true: false, false: true, error: true } : ANYTHING;
    }
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return fails(`the result of \`${operator}\` is not true or false`);
  }
}

function described(value: Value): string {
  if (value === null || typeof value === "object") {
    return value === null ? "null" : isList(value) ? "a list" : "a map";
  }
  return typeof value === "string" ? `the text ${JSON.stringify(value)}` : `\`${String(value)}\``;
}

/** The operators that order their sides. */
export function isOrdering(operator: BinaryOperator): operator is "<" | "<=" | ">" | ">=" {
  return operator === "<" || operator === "<=" || operator === ">" || operator === ">=";
}
