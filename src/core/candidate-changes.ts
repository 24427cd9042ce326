import { type Address, formatAddress } from "./address.js";
import type { BinaryOperator, Expression } from "./condition.js";
import { conditionResolver, evaluateCondition } from "./evaluate-condition.js";
import type { Rule } from "./policy.js";
import type { AccessRequest } from "./request.js";
import { type TargetField, targetMatches } from "./target.js";
import { decimalText, isList, lookUp, type Value } from "./values.js";

/** A value that an attribute could have; undefined for leaving it out. */
export interface Assignment {
  readonly attribute: string;
  readonly to: Value | undefined;
}

/** Of a field's many values; the rest would mean the same to the rule. */
const MOST_VALUES = 3;
const HIGHEST_PORT = 65_535;

/**
 * Assignments with which `rule` should come to hold, one for each field and comparison that does not.
 * A proposal: whoever uses it decides again. Undefined where nothing is known that would do.
 */
export function fulfilling(rule: Rule, request: AccessRequest): readonly Assignment[] | undefined {
  const fields = rule.target.filter((field) => !targetMatches([field], request));
  const assignments: Assignment[] = [];
  for (const field of fields) {
    const [first] = holdingValues(field);
    if (!first) return undefined;
    assignments.push(first);
  }
  if (!rule.condition) return assignments;
  const forCondition = turning(rule.condition.expression, true, rule, request);
  return forCondition && [...assignments, ...forCondition];
}

/** Assignments with which `rule`, which holds or errs, should come not to; a proposal as well. */
export function breaking(rule: Rule, request: AccessRequest): readonly Assignment[] | undefined {
  const forCondition = rule.condition && turning(rule.condition.expression, false, rule, request);
  if (forCondition) return forCondition;
  const [first] = rule.target.flatMap(failingValues);
  return first && [first];
}

/** Every value by which a field or a simple comparison of `rule` can be made true or false. */
export function assignmentsOf(rule: Rule, request: AccessRequest): readonly Assignment[] {
  const fields = rule.target.flatMap((field) => [...holdingValues(field), ...failingValues(field)]);
  if (!rule.condition) return fields;
  const comparisons: Assignment[] = [];
  visit(rule.condition.expression, (part) => {
    comparisons.push(...comparing(part, true, rule, request));
    comparisons.push(...comparing(part, false, rule, request));
  });
  return [...fields, ...comparisons];
}

function holdingValues(field: TargetField): Assignment[] {
  switch (field.kind) {
    case "any":
      return [];
    case "address":
      return field.prefixes.slice(0, MOST_VALUES).map(({ family, network, length }) => {
        const isOne = length === bitsOf(family);
        const bits = isOne ? network : network + 1n; // The network itself is nobody's address.
        return { attribute: field.attribute, to: formatAddress({ family, bits }) };
      });
    case "address-range":
      return field.ranges.slice(0, MOST_VALUES).map(({ family, first }) => ({
        attribute: field.attribute,
        to: formatAddress({ family, bits: first }),
      }));
    case "port":
      return field.ports.slice(0, MOST_VALUES).map(({ first }) => ({
        attribute: field.attribute,
        to: Math.max(1, first),
      }));
    case "protocol": {
      const expected = isList(field.expected) ? field.expected : [field.expected];
      // As text, because that is what every way of asking accepts.
      return expected.slice(0, MOST_VALUES).map((protocol) => ({
        attribute: field.attribute,
        to: typeof protocol === "number" ? String(protocol) : protocol,
      }));
    }
    case "equals":
      return field.values
        .slice(0, MOST_VALUES)
        .map((to) => ({ attribute: field.path.join("."), to }));
  }
}

/** The last is always to leave the attribute out, which no field but `any` accepts. */
function failingValues(field: TargetField): Assignment[] {
  if (field.kind === "any") return [];
  const attribute = field.kind === "equals" ? field.path.join(".") : field.attribute;
  return [...edgesOutside(field), undefined].map((to) => ({ attribute, to }));
}

/** The values next to those that a field with an order accepts. */
function edgesOutside(field: TargetField): Value[] {
  switch (field.kind) {
    case "port":
      return field.ports
        .slice(0, MOST_VALUES)
        .flatMap(({ first, last }) => [last + 1, first - 1])
        .filter((port) => port >= 1 && port <= HIGHEST_PORT);
    case "address":
      return field.prefixes.slice(0, MOST_VALUES).flatMap(({ family, network, length }) => {
        const size = 1n << BigInt(bitsOf(family) - length);
        return addressAfter({ family, bits: network + size - 1n });
      });
    case "address-range":
      return field.ranges
        .slice(0, MOST_VALUES)
        .flatMap(({ family, last }) => addressAfter({ family, bits: last }));
    case "any":
    case "protocol":
    case "equals":
      return [];
  }
}

function addressAfter({ family, bits }: Address): Value[] {
  const isLast = bits + 1n === 1n << BigInt(bitsOf(family));
  return isLast ? [] : [formatAddress({ family, bits: bits + 1n })];
}

function bitsOf(family: Address["family"]): number {
  return family === 4 ? 32 : 128;
}

/** The fewest assignments found that should make `expression` come out as `wanted`. */
function turning(
  expression: Expression,
  wanted: boolean,
  rule: Rule,
  request: AccessRequest,
): readonly Assignment[] | undefined {
  const resolve = conditionResolver(rule.parameters, request.attributes);
  if (evaluateCondition(expression, resolve).outcome === String(wanted)) return [];
  switch (expression.kind) {
    case "not":
      return turning(expression.operand, !wanted, rule, request);
    case "and":
    case "or": {
      const left = turning(expression.left, wanted, rule, request);
      const right = turning(expression.right, wanted, rule, request);
      if (wanted === (expression.kind === "and")) return left && right && [...left, ...right];
      return left && right && left.length > right.length ? right : (left ?? right);
    }
    default: {
      const [first] = comparing(expression, wanted, rule, request);
      return first && [first];
    }
  }
}

/** Values by which one comparison of an attribute with something known comes out as wanted. */
function comparing(
  expression: Expression,
  wanted: boolean,
  rule: Rule,
  request: AccessRequest,
): readonly Assignment[] {
  const values = (name: Expression, to: readonly (Value | undefined)[]): Assignment[] =>
    name.kind === "name" && isAttribute(name.path, rule)
      ? to.map((value) => ({ attribute: name.path.join("."), to: value }))
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
  const number = typeof value === "string" ? Number(value) : value;
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

function visit(expression: Expression, onPart: (part: Expression) => void): void {
  onPart(expression);
  switch (expression.kind) {
    case "not":
      return visit(expression.operand, onPart);
    case "and":
    case "or":
      visit(expression.left, onPart);
      return visit(expression.right, onPart);
    default:
  }
}
