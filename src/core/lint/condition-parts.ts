import type { Expression, NameExpression } from "../condition.js";

/** The parts that `expression` is directly made of. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "name":
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

/** `expression` and everything inside it, outer parts first. */
export function* allParts(expression: Expression): Iterable<Expression> {
  const pending = [expression];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    yield part;
    pending.push(...partsOf(part).toReversed());
  }
}

const EQUALITIES: readonly string[] = ["==", "!=", "in"];

/** Each name inside `expression` that `==`, `!=` or `in` compares, with what it is compared with. */
export function* comparedNames(
  expression: Expression,
): Iterable<{ readonly name: NameExpression; readonly other: Expression }> {
  for (const part of allParts(expression)) {
    if (part.kind !== "binary" || !EQUALITIES.includes(part.operator)) continue;
    const { left, right } = part;
    if (left.kind === "name") yield { name: left, other: right };
    if (right.kind === "name") yield { name: right, other: left };
  }
}
