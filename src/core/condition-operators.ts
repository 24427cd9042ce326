import type { BinaryOperator, TextFunction } from "./condition.js";
import { Failure, type Outcome } from "./condition-failure.js";
import { searchSteps, type Steps, textSteps, UNBOUNDED } from "./steps.js";
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
export function size(outcome: Outcome, steps: Steps = UNBOUNDED): Outcome {
  if (outcome instanceof Failure) return outcome;
  if (typeof outcome === "string") {
    steps.left -= textSteps(outcome);
    if (steps.left < 0) return 0;
    return codePoints(outcome);
  }
  if (isList(outcome)) return outcome.length;
  if (isPlainMap(outcome)) {
    const values = Object.values(outcome);
    steps.left -= values.length;
    return values.filter((value) => value !== null).length;
  }
  return new Failure([`${typeName(outcome)} has no size`]);
}

/** A pair of surrogates is one, half of a pair as well. */
function codePoints(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at++) {
    const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
    if (isLow && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) count -= 1;
  }
  return count;
}

/** With `steps` used up, the answer means nothing; so it is for every operator here. */
export function textFunction(
  name: TextFunction,
  operand: Value,
  argument: Value,
  steps: Steps = UNBOUNDED,
): Outcome {
  if (typeof operand !== "string" || typeof argument !== "string") {
    return new Failure([
      `\`${name}\` needs two texts, got ${typeName(operand)} and ${typeName(argument)}`,
    ]);
  }
  switch (name) {
    case "startsWith":
      steps.left -= textSteps(argument);
      return operand.startsWith(argument);
    case "endsWith":
      steps.left -= textSteps(argument);
      return operand.endsWith(argument);
    case "contains":
      steps.left -= searchSteps(operand, argument);
      return steps.left >= 0 && operand.includes(argument);
  }
}

export function binary(
  operator: BinaryOperator,
  left: Value,
  right: Value,
  steps: Steps = UNBOUNDED,
): Outcome {
  switch (operator) {
    case "==":
      return valuesEqual(left, right, steps);
    case "!=":
      return !valuesEqual(left, right, steps);
    case "in":
      if (!isList(right)) return new Failure([`\`in\` needs a list, got ${typeName(right)}`]);
      return isIn(left, right, steps);
    case "<":
    case "<=":
    case ">":
    case ">=":
      if (typeof left === "string") steps.left -= textSteps(left);
      if (typeof right === "string") steps.left -= textSteps(right);
      return order(operator, left, right);
    case "+":
      if (typeof left === "string" && typeof right === "string") {
        const joined = left + right;
        steps.left -= textSteps(joined);
        return joined;
      }
      return arithmetic(operator, left, right);
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(operator, left, right);
  }
}

function isIn(value: Value, list: readonly Value[], steps: Steps): boolean {
  for (const element of list) {
    steps.left -= 1;
    if (steps.left < 0) return false;
    if (element !== null && valuesEqual(value, element, steps)) return true;
  }
  return false;
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
