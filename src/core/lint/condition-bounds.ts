import type { BinaryOperator, Expression } from "../condition.js";
import { orderingNumber, type Value, valuesEqual } from "../values.js";

interface Bounds {
  atLeast: number;
  atMost: number;
  /** Whether the bounds themselves are excluded. */
  above: boolean;
  below: boolean;
  equal: Value | undefined;
  isOrdered: boolean;
}

type Constant = (expression: Expression) => Value | undefined;

/**
 * Why the sides of `&&` cannot all hold: they want one name below one number and above a higher, or
 * equal to two values. Undefined when nothing of the kind is seen.
 */
export function contradictoryBounds(
  expression: Expression,
  constantOf: Constant,
): string | undefined {
  const bounds = new Map<string, Bounds>();
  for (const side of conjuncts(expression)) {
    const comparison = comparisonOf(side, constantOf);
    if (comparison === undefined) continue;
    const { name, operator, value } = comparison;
    const known = bounds.get(name) ?? {
      ...{ atLeast: -Infinity, atMost: Infinity, above: false, below: false },
      ...{ equal: undefined, isOrdered: false },
    };
    bounds.set(name, known);
    if (!narrow(known, operator, value))
      return `no value of \`${name}\` is all that is asked of it`;
  }
  return undefined;
}

function* conjuncts(expression: Expression): Iterable<Expression> {
  const pending = [expression];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part.kind === "and") pending.push(part.right, part.left);
    else yield part;
  }
}

interface Comparison {
  readonly name: string;
  readonly operator: BinaryOperator;
  readonly value: Value;
}

const MIRRORED: Partial<Record<BinaryOperator, BinaryOperator>> = {
  "==": "==",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** `name operator constant`, whichever stands first; a parameter is a constant. */
function comparisonOf(side: Expression, constantOf: Constant): Comparison | undefined {
  if (side.kind !== "binary") return undefined;
  const mirrored = MIRRORED[side.operator];
  if (mirrored === undefined) return undefined;
  const [left, right] = [constantOf(side.left), constantOf(side.right)];
  if (side.left.kind === "name" && left === undefined && right !== undefined) {
    return { name: side.left.path.join("."), operator: side.operator, value: right };
  }
  if (side.right.kind === "name" && right === undefined && left !== undefined) {
    return { name: side.right.path.join("."), operator: mirrored, value: left };
  }
  return undefined;
}

/** @returns Whether some value is left. */
function narrow(bounds: Bounds, operator: BinaryOperator, value: Value): boolean {
  if (operator === "==") {
    if (bounds.equal !== undefined && !valuesEqual(bounds.equal, value)) return false;
    bounds.equal = value;
  } else {
    const number = orderingNumber(value);
    if (number === undefined) return true;
    bounds.isOrdered = true;
    if (operator === ">" || operator === ">=") raise(bounds, number, operator === ">");
    else lower(bounds, number, operator === "<");
  }
  return isOpen(bounds);
}

function raise(bounds: Bounds, number: number, excluded: boolean): void {
  if (number < bounds.atLeast) return;
  bounds.above = excluded || (number === bounds.atLeast && bounds.above);
  bounds.atLeast = number;
}

function lower(bounds: Bounds, number: number, excluded: boolean): void {
  if (number > bounds.atMost) return;
  bounds.below = excluded || (number === bounds.atMost && bounds.below);
  bounds.atMost = number;
}

function isOpen({ atLeast, atMost, above, below, equal, isOrdered }: Bounds): boolean {
  if (atLeast > atMost || (atLeast === atMost && (above || below))) return false;
  if (equal === undefined || !isOrdered) return true;
  const number = orderingNumber(equal);
  if (number === undefined) return false;
  return (
    (above ? number > atLeast : number >= atLeast) && (below ? number < atMost : number <= atMost)
  );
}
