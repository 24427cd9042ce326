import type { BinaryOperator, Expression } from "./condition.js";
import { conditionResolver } from "./evaluate-condition.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import { decimalText, isList, lookUp, type Value } from "./values.js";

/** A value that an attribute could have; undefined for leaving it out. */
export interface Assignment {
  readonly attribute: string;
  readonly to: Value | undefined;
}

/** Of a field's or comparison's many values; the rest would mean the same to the rule. */
export const MOST_VALUES = 3;
/** What is longer is no value that anybody would change an attribute to. */
const MOST_ELEMENTS = 16;
const MOST_CHARACTERS = 8_192;
const LONGEST_NUMBER = 64;

/** Values by which one comparison of an attribute with something known comes out as wanted. */
export function comparing(
  expression: Expression,
  wanted: boolean,
  rule: Rule,
  request: AccessRequest,
): readonly Assignment[] {
  const values = (name: Expression, to: readonly (Value | undefined)[]): Assignment[] =>
    name.kind === "name" && isAttribute(name.path, rule)
      ? to.filter(isShort).map((value) => ({ attribute: name.path.join("."), to: value }))
      : [];
  const known = (part: Expression): Value | undefined => knownValue(part, rule, request);
  switch (expression.kind) {
    case "name":
      return values(expression, [wanted]);
    case "has":
      return values(expression.name, [wanted ? true : undefined]);
    case "text": {
      const argument = known(expression.argument);
      return argument === undefined ? [] : values(expression.operand, [wanted ? argument : ""]);
    }
    case "binary": {
      const { operator, left, right } = expression;
      const [onLeft, onRight] = [known(right), known(left)];
      return [
        ...(onLeft === undefined ? [] : values(left, compared(operator, onLeft, wanted))),
        ...(onRight === undefined
          ? []
          : values(right, compared(MIRRORED[operator], onRight, wanted))),
      ];
    }
    default:
      return [];
  }
}

/** Nobody has use for another, and what a proposal costs must not depend on the request. */
function isShort(value: Value | undefined): boolean {
  if (typeof value === "string") return value.length <= MOST_CHARACTERS;
  if (typeof value !== "object" || value === null) return true;
  return isList(value) && value.length <= MOST_ELEMENTS && value.every(isScalar);
}

function isScalar(value: Value): boolean {
  return typeof value !== "object" && isShort(value);
}

/** `3 < name` is `name > 3`; undefined where turning round means nothing. */
const MIRRORED: Readonly<Record<BinaryOperator, BinaryOperator | undefined>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  in: undefined,
  "+": undefined,
  "-": undefined,
  "*": undefined,
  "/": undefined,
  "%": undefined,
};

/** Values `x` for which `x operator value` is as wanted: at the edge, or one step of it beyond. */
function compared(operator: BinaryOperator | undefined, value: Value, wanted: boolean): Value[] {
  switch (operator) {
    case "==":
      return wanted ? [value] : unequal(value);
    case "!=":
      return wanted ? unequal(value) : [value];
    case "<":
      return wanted ? stepFrom(value, -1) : stepFrom(value, 0);
    case "<=":
      return wanted ? stepFrom(value, 0) : stepFrom(value, 1);
    case ">":
      return wanted ? stepFrom(value, 1) : stepFrom(value, 0);
    case ">=":
      return wanted ? stepFrom(value, 0) : stepFrom(value, -1);
    case "in":
      return wanted && isList(value) ? value.slice(0, MOST_VALUES) : [];
    default:
      return [];
  }
}

function unequal(value: Value): Value[] {
  return typeof value === "boolean" ? [!value] : stepFrom(value, 1);
}

/** One unit of the last decimal that the author wrote: 90 -> 91, 0.3 -> 0.4. */
function stepFrom(value: Value, steps: -1 | 0 | 1): Value[] {
  const number =
    typeof value === "string" && value.length <= LONGEST_NUMBER ? Number(value) : value;
  const text = typeof number === "number" ? decimalText(number) : undefined;
  if (typeof number !== "number" || text === undefined) return [];
  const decimals = Math.min(100, text.split(".")[1]?.length ?? 0);
  return [Number((number + steps * 10 ** -decimals).toFixed(decimals))];
}

/** What a part is whatever the attribute beside it becomes: a literal, or a name with a value. */
function knownValue(part: Expression, rule: Rule, request: AccessRequest): Value | undefined {
  switch (part.kind) {
    case "literal":
      return part.value ?? undefined;
    case "negate":
      return part.operand.kind === "literal" && typeof part.operand.value === "number"
        ? -part.operand.value
        : undefined;
    case "list":
      return part.constant;
    case "name":
      return conditionResolver(rule.parameters, request.attributes)(part.path);
    default:
      return undefined;
  }
}

/** A name that the caller could give another value: no parameter, and none of the engine's own. */
function isAttribute(path: readonly string[], rule: Rule): boolean {
  return path[0] !== "engine" && lookUp(rule.parameters, path) === undefined;
}
