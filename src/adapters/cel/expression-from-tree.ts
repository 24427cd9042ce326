import type { ASTNode } from "@marcbachmann/cel-js";
import type { Expression, NameExpression, TextFunction } from "../../core/condition.js";
import { nearest } from "../../core/nearest.js";
import { ConditionProblem } from "./condition-problem.js";

/** What the engine itself supplies, under `engine.`. */
const CLOCK_NAMES = ["hour", "minute", "day_of_week", "time"];
const TEXT_FUNCTIONS = new Set<string>(["startsWith", "endsWith", "contains"]);
/** Operators whose result is true or false, so that ordering it is always an error. */
const TRUTH_OPERATORS = new Set<string>("== != < <= > >= in && || !_".split(" "));
/**
 * Levels of a tree, a chain of `&&` being one level per link. Whoever walks an expression recurses,
 * and 500 levels are far from the end of the call stack and far above what a person writes.
 */
const MAX_LEVELS = 500;

export interface TreeReading {
  readonly expression: Expression;
  readonly warnings: readonly string[];
}

/**
 * Core's expression for a tree of the CEL parser.
 *
 * @param originalOffset - From a place in the text that was parsed to one in the text as written.
 * @throws {ConditionProblem} If the tree holds what conditions have not, or is too deep.
 */
export function expressionFromTree(
  tree: ASTNode,
  originalOffset: (offset: number) => number,
): TreeReading {
  const warnings = new Set<string>();

  function problem(message: string, node: ASTNode): ConditionProblem {
    return new ConditionProblem(message, originalOffset(node.start));
  }

  function read(node: ASTNode, level: number): Expression {
    if (level > MAX_LEVELS) throw problem(`more than ${MAX_LEVELS} levels; split the rule`, node);
    const inside = (child: ASTNode): Expression => read(child, level + 1);

    switch (node.op) {
      case "value":
        return { kind: "literal", value: literal(node) };
      case "id":
      case ".":
        return name(node);
      case "list":
        return list(node.args.map(inside));
      case "!_":
        return { kind: "not", operand: inside(node.args) };
      case "-_":
        return { kind: "negate", operand: inside(node.args) };
      case "&&":
        return { kind: "and", left: inside(node.args[0]), right: inside(node.args[1]) };
      case "||":
        return { kind: "or", left: inside(node.args[0]), right: inside(node.args[1]) };
      case "?:": {
        const [test, then, otherwise] = node.args;
        return {
          kind: "conditional",
          test: inside(test),
          then: inside(then),
          otherwise: inside(otherwise),
        };
      }
      case "<":
      case "<=":
      case ">":
      case ">=":
        if (node.args.some((side) => TRUTH_OPERATORS.has(side.op))) warnings.add(chained(node.op));
        return binary(node.op, node.args, inside);
      case "==":
      case "!=":
      case "in":
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
        return binary(node.op, node.args, inside);
      case "call":
        return call(node, inside);
      case "rcall":
        return method(node, inside);
      case ".?":
      case "[]":
      case "[?]":
      case "map":
        throw problem(`\`${node.op}\` is not supported`, node);
    }
  }

  function literal(node: ASTNode & { readonly op: "value" }): string | number | boolean | null {
    const value = typeof node.args === "bigint" ? Number(node.args) : node.args;
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw problem("the number is too large for a double", node);
    }
    if (typeof value === "object" && value !== null) throw problem("not a plain literal", node);
    return value;
  }

  function name(node: ASTNode): NameExpression {
    const path: string[] = [];
    let part = node;
    while (part.op === ".") {
      path.unshift(part.args[1]);
      part = part.args[0];
    }
    if (part.op !== "id") {
      throw problem(
        "what stands before a point must be a name, such as `client.trust_score`",
        part,
      );
    }
    path.unshift(part.args);
    if (path.length > 1 && path[0] === "engine") checkClockName(path.slice(1).join("."), part);
    return { kind: "name", path };
  }

  function checkClockName(written: string, node: ASTNode): void {
    if (CLOCK_NAMES.includes(written)) return;
    const near = nearest(written, CLOCK_NAMES);
    const meant = near === undefined ? CLOCK_NAMES : [near];
    const fix = meant.map((known) => `\`engine.${known}\``).join(", ");
    throw problem(`the engine supplies no \`engine.${written}\`; it supplies ${fix}`, node);
  }

  function call(node: ASTNode & { readonly op: "call" }, inside: Inside): Expression {
    const [called, [argument, ...more]] = node.args;
    if (argument === undefined || more.length > 0) {
      throw problem(`\`${called}\` takes one argument`, node);
    }
    if (called === "size") return { kind: "size", operand: inside(argument) };
    if (called !== "has") throw problem(`there is no function \`${called}\``, node);
    if (argument.op !== "id" && argument.op !== ".") {
      throw problem("`has` takes a name, such as `has(client.trust_score)`", argument);
    }
    return { kind: "has", name: name(argument) };
  }

  function method(node: ASTNode & { readonly op: "rcall" }, inside: Inside): Expression {
    const [called, receiver, [argument, ...more]] = node.args;
    if (called === "size") {
      if (argument !== undefined)
        throw problem("`size()` after a point takes no argument", argument);
      return { kind: "size", operand: inside(receiver) };
    }
    if (!isTextFunction(called)) throw problem(`there is no function \`${called}\``, node);
    if (argument === undefined || more.length > 0) {
      throw problem(`\`${called}\` takes one argument`, node);
    }
    const operand = inside(receiver);
    return { kind: "text", function: called, operand, argument: inside(argument) };
  }

  return { expression: read(tree, 1), warnings: [...warnings] };
}

type Inside = (child: ASTNode) => Expression;
type BinaryExpression = Extract<Expression, { kind: "binary" }>;

function binary(
  operator: BinaryExpression["operator"],
  [left, right]: readonly [ASTNode, ASTNode],
  inside: Inside,
): Expression {
  return { kind: "binary", operator, left: inside(left), right: inside(right) };
}

function list(elements: readonly Expression[]): Expression {
  const values = elements.flatMap((element) => (element.kind === "literal" ? [element.value] : []));
  const isConstant = values.length === elements.length;
  return { kind: "list", elements, ...(isConstant && { constant: values }) };
}

function isTextFunction(name: string): name is TextFunction {
  return TEXT_FUNCTIONS.has(name);
}

function chained(operator: string): string {
  return `\`${operator}\` orders the result of another comparison, which is always an error; join two comparisons with \`&&\``;
}
