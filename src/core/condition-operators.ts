import type { BinaryOperator, TextFunction } from "./condition.js";
import { Failure, type Outcome } from "./condition-failure.js";
import { isList, isPlainMap, orderingNumber, type Value, valuesEqual } from "./values.js";

/** What is not a boolean is a failure, also where `&&` and `||` may absorb it. */
export function truth(operator: string, outcome: Outcome): boolean | Failure {
  if (typeof outcome === "boolean" || outcome instanceof Failure) return outcome;
  return new Failure([`\`${operator}\` needs true or false, got ${typeName(outcome)}`]);
}

export function not(outcome: Outcome): Outcome {
  const value = truth("!", outcome);
  return value instanceof Failure ? value : !value;
}

export function negate(outcome: Outcome): Outcome {
  if (outcome instanceof Failure) return outcome;
  return typeof outcome === "number"
    ? -outcome
    : new Failure([`cannot negate ${typeName(outcome)}`]);
}

/** Code points of a text, elements of a list, keys of a map that are not null (null is absent). */
export function size(outcome: Outcome): Outcome {
  if (outcome instanceof Failure) return outcome;
  if (typeof outcome === "string") {
    let codePoints = 0;
    for (const _ of outcome) codePoints += 1;
    return codePoints;
  }
  if (isList(outcome)) return outcome.length;
  if (isPlainMap(outcome)) return Object.values(outcome).filter((value) => value !== null).length;
  return new Failure([`${typeName(outcome)} has no size`]);
}

export function textFunction(name: TextFunction, operand: Value, argument: Value): Outcome {
  if (typeof operand !== "string" || typeof argument !== "string") {
    return new Failure([
      `\`${name}\` needs two texts, got ${typeName(operand)} and ${typeName(argument)}`,
    ]);
  }
  switch (name) {
    case "startsWith":
      return operand.startsWith(argument);
    case "endsWith":
      return operand.endsWith(argument);
    case "contains":
      return operand.includes(argument);
  }
}

export function binary(operator: BinaryOperator, left: Value, right: Value): Outcome {
  switch (operator) {
    case "==":
      return valuesEqual(left, right);
    case "!=":
      return !valuesEqual(left, right);
    case "in":
      if (!isList(right)) return new Failure([`\`in\` needs a list, got ${typeName(right)}`]);
      return right.some((element) => element !== null && valuesEqual(left, element));
    case "<":
    case "<=":
    case ">":
    case ">=":
      return order(operator, left, right);
    case "+":
      if (typeof left === "string" && typeof right === "string") return left + right;
      return arithmetic(operator, left, right);
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(operator, left, right);
  }
}

/** Of two numbers, or of a number and text that is one; two texts have no order. */
function order(operator: "<" | "<=" | ">" | ">=", left: Value, right: Value): Outcome {
  const first = orderingNumber(left);
  const second = orderingNumber(right);
  const isNumberBeside = typeof left === "number" || typeof right === "number";
  if (first === undefined || second === undefined || !isNumberBeside) {
    return new Failure([`cannot order ${typeName(left)} and ${typeName(right)}`]);
  }
  switch (operator) {
    case "<":
      return first < second;
    case "<=":
      return first <= second;
    case ">":
      return first > second;
    case ">=":
      return first >= second;
  }
}

const ARITHMETIC = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "divide" };

function arithmetic(operator: "+" | "-" | "*" | "/" | "%", left: Value, right: Value): Outcome {
  if (typeof left !== "number" || typeof right !== "number") {
    return new Failure([`cannot ${ARITHMETIC[operator]} ${typeName(left)} and ${typeName(right)}`]);
  }
  const divides = operator === "/" || operator === "%";
  if (divides && right === 0) return new Failure(["division by zero"]);
  const result = calculate(operator, left, right);
  return Number.isFinite(result) ? result : new Failure([`\`${operator}\` gives no finite number`]);
}

function calculate(operator: "+" | "-" | "*" | "/" | "%", left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
  }
}

/** For messages; the value itself may be a secret. */
export function typeName(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  return isList(value) ? "list" : "map";
}
