import type { ConditionResult, Expression, NameExpression, ResolveName } from "./condition.js";
import { both, conditionError, Failure, type Outcome } from "./condition-failure.js";
import { binary, negate, not, size, textFunction, truth, typeName } from "./condition-operators.js";
import { lookUp, type Value, type ValueMap } from "./values.js";

/**
 * What `expression` says with the names that `resolve` knows: true, false or error.
 *
 * Total: no expression and no value makes it throw. `&&` and `||` absorb a failing side as CEL
 * says: `false && error` and `error && false` are false, `true || error` and `error || true` are
 * true. The recursion is as deep as the expression, which is bounded where text is parsed.
 */
export function evaluateCondition(expression: Expression, resolve: ResolveName): ConditionResult {
  const outcome = evaluate(expression, resolve);
  if (outcome instanceof Failure) return conditionError(outcome);
  if (typeof outcome === "boolean") return { outcome: outcome ? "true" : "false" };
  return {
    outcome: "error",
    message: `the condition is ${typeName(outcome)}, not true or false`,
    missingAttributes: [],
  };
}

/**
 * How a rule's condition resolves names: the whole name in the rule's own parameters, then in the
 * request's attributes. A parameter `node` hides `node` and not `node.id`; a parameter that is null
 * is absent, so its name falls through to the attributes.
 */
export function conditionResolver(parameters: ValueMap, attributes: ValueMap): ResolveName {
  return (path) => lookUp(parameters, path) ?? lookUp(attributes, path);
}

/** The names that `expression` reads, those under `has` included; each once, in order of the text. */
export function conditionNames(expression: Expression): readonly (readonly string[])[] {
  const names = new Map<string, readonly string[]>();
  const visit = (part: Expression): void => {
    if (part.kind === "name") names.set(part.path.join("."), part.path);
    else parts(part).forEach(visit);
  };
  visit(expression);
  return [...names.values()];
}

function parts(expression: Exclude<Expression, NameExpression>): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
      return [];
    case "list":
      return expression.elements;
    case "not":
    case "negate":
    case "size":
      return [expression.operand];
    case "and":
    case "or":
    case "binary":
      return [expression.left, expression.right];
    case "conditional":
      return [expression.test, expression.then, expression.otherwise];
    case "has":
      return [expression.name];
    case "text":
      return [expression.operand, expression.argument];
  }
}

function evaluate(expression: Expression, resolve: ResolveName): Outcome {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "name":
      return resolve(expression.path) ?? new Failure([expression]);
    case "has":
      return (resolve(expression.name.path) ?? null) !== null;
    case "list":
      return list(expression.elements, resolve);
    case "not":
      return not(evaluate(expression.operand, resolve));
    case "negate":
      return negate(evaluate(expression.operand, resolve));
    case "size":
      return size(evaluate(expression.operand, resolve));
    case "and":
      return absorbing(false, "&&", expression.left, expression.right, resolve);
    case "or":
      return absorbing(true, "||", expression.left, expression.right, resolve);
    case "conditional": {
      const test = truth("?:", evaluate(expression.test, resolve));
      if (test instanceof Failure) return test;
      return evaluate(test ? expression.then : expression.otherwise, resolve);
    }
    case "text": {
      const operand = evaluate(expression.operand, resolve);
      const argument = evaluate(expression.argument, resolve);
      if (operand instanceof Failure || argument instanceof Failure) return both(operand, argument);
      return textFunction(expression.function, operand, argument);
    }
    case "binary": {
      const left = evaluate(expression.left, resolve);
      const right = evaluate(expression.right, resolve);
      if (left instanceof Failure || right instanceof Failure) return both(left, right);
      return binary(expression.operator, left, right);
    }
  }
}

/** `&&` absorbs false, `||` absorbs true, from either side; what is not a boolean is a failure. */
function absorbing(
  absorbed: boolean,
  operator: string,
  leftSide: Expression,
  rightSide: Expression,
  resolve: ResolveName,
): Outcome {
  const left = truth(operator, evaluate(leftSide, resolve));
  if (left === absorbed) return absorbed;
  const right = truth(operator, evaluate(rightSide, resolve));
  if (right === absorbed) return absorbed;
  if (left instanceof Failure || right instanceof Failure) return both(left, right);
  return !absorbed;
}

function list(elements: readonly Expression[], resolve: ResolveName): Outcome {
  const values: Value[] = [];
  const failures: Failure[] = [];
  for (const element of elements) {
    const outcome = evaluate(element, resolve);
    if (outcome instanceof Failure) failures.push(outcome);
    else values.push(outcome);
  }
  return failures.length > 0 ? new Failure(failures) : values;
}
