import type { ConditionResult, Expression, NameExpression, ResolveName } from "./condition.js";
import { both, conditionError, Failure, type Outcome } from "./condition-failure.js";
import { binary, negate, not, size, textFunction, truth, typeName } from "./condition-operators.js";
import type { Steps } from "./steps.js";
import { lookUp, type Value, type ValueMap } from "./values.js";

/**
 * The bound of one evaluation, whatever the request sends. A step is one part of the expression that
 * is evaluated, one element of a list or key of a map that is looked at, or 64 characters of a text
 * that are; a search in a text (`contains`) costs up to one per 64 times 8 characters compared. A
 * millisecond or two at most, and a hundred times what a person's condition takes.
 */
export const MAX_STEPS = 10_000;

/**
 * What `expression` says with the names that `resolve` knows: true, false or error.
 *
 * Total: no expression and no value makes it throw. `&&` and `||` absorb a failing side as CEL
 * says: `false && error` and `error && false` are false, `true || error` and `error || true` are
 * true. The recursion is as deep as the expression, which is bounded where text is parsed. An
 * evaluation of more than `maxSteps` is an error that nothing absorbs.
 *
 * @param allowance - Of several evaluations together; counted down, and not a bound of this one.
 */
export function evaluateCondition(
  expression: Expression,
  resolve: ResolveName,
  maxSteps = MAX_STEPS,
  allowance?: Steps,
): ConditionResult {
  const evaluation = { resolve, left: maxSteps };
  const outcome = evaluate(expression, evaluation);
  if (allowance) allowance.left -= maxSteps - evaluation.left;
  if (evaluation.left < 0) {
    const message = `the condition takes more than ${maxSteps} steps`;
    return { outcome: "error", message, missingAttributes: [] };
  }
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

/** One evaluation: what its names mean, and what is left of its steps. */
interface Evaluation extends Steps {
  readonly resolve: ResolveName;
}

/** Whatever comes up once the steps are used up; the whole condition errs then. */
const EXHAUSTED = new Failure([]);

function evaluate(expression: Expression, evaluation: Evaluation): Outcome {
  evaluation.left -= 1;
  if (evaluation.left < 0) return EXHAUSTED;
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "name":
      return evaluation.resolve(expression.path) ?? new Failure([expression]);
    case "has":
      return (evaluation.resolve(expression.name.path) ?? null) !== null;
    case "list":
      return expression.constant ?? list(expression.elements, evaluation);
    case "not":
      return not(evaluate(expression.operand, evaluation));
    case "negate":
      return negate(evaluate(expression.operand, evaluation));
    case "size":
      return size(evaluate(expression.operand, evaluation), evaluation);
    case "and":
      return absorbing(false, "&&", expression.left, expression.right, evaluation);
    case "or":
      return absorbing(true, "||", expression.left, expression.right, evaluation);
    case "conditional": {
      const test = truth("?:", evaluate(expression.test, evaluation));
      if (test instanceof Failure) return test;
      return evaluate(test ? expression.then : expression.otherwise, evaluation);
    }
    case "text": {
      const operand = evaluate(expression.operand, evaluation);
      const argument = evaluate(expression.argument, evaluation);
      if (operand instanceof Failure || argument instanceof Failure) return both(operand, argument);
      return textFunction(expression.function, operand, argument, evaluation);
    }
    case "binary": {
      const left = evaluate(expression.left, evaluation);
      const right = evaluate(expression.right, evaluation);
      if (left instanceof Failure || right instanceof Failure) return both(left, right);
      return binary(expression.operator, left, right, evaluation);
    }
  }
}

/** `&&` absorbs false, `||` absorbs true, from either side; what is not a boolean is a failure. */
function absorbing(
  absorbed: boolean,
  operator: string,
  leftSide: Expression,
  rightSide: Expression,
  evaluation: Evaluation,
): Outcome {
  const left = truth(operator, evaluate(leftSide, evaluation));
  if (left === absorbed) return absorbed;
  const right = truth(operator, evaluate(rightSide, evaluation));
  if (right === absorbed) return absorbed;
  if (left instanceof Failure || right instanceof Failure) return both(left, right);
  return !absorbed;
}

function list(elements: readonly Expression[], evaluation: Evaluation): Outcome {
  const values: Value[] = [];
  const failures: Failure[] = [];
  for (const element of elements) {
    const outcome = evaluate(element, evaluation);
    if (outcome instanceof Failure) failures.push(outcome);
    else values.push(outcome);
  }
  return failures.length > 0 ? new Failure(failures) : values;
}
