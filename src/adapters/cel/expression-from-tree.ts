import type { ASTNode } from "@marcbachmann/cel-js";
import type { Expression, NameExpression, TextFunction } from "../../core/condition.js";
import { ConditionProblem } from "./condition-problem.js";
import { engineNameProblem } from "./engine-names.js";
import { type Argument, createTreeSize } from "./tree-size.js";

const TEXT_FUNCTIONS = new Set<string>(["startsWith", "endsWith", "contains"]);
/** Operators whose result is true or false, so that ordering it is always an error. */
const TRUTH_OPERATORS = new Set<string>("== != < <= > >= in && || !_".split(" "));

export interface TreeReading {
  readonly expression: Expression;
  readonly warnings: readonly string[];
}

/** A policy function, parsed. */
export interface KnownFunction {
  readonly name: string;
  readonly params: readonly string[];
  /** Undefined where it has a problem of its own: a call of it is read, and means nothing. */
  readonly tree: ASTNode | undefined;
}

export interface TreeContext {
  /** From a place in the text that was parsed to one in the text as written. */
  readonly originalOffset: (offset: number) => number;
  readonly functions: ReadonlyMap<string, KnownFunction>;
  /** Of the function whose expression this is; its names stand for themselves. */
  readonly params?: readonly string[];
}

/** Whose tree is read: the condition's own, or that of a function where it is called. */
interface Scope {
  readonly offsetOf: (node: ASTNode) => number;
  readonly bound: ReadonlyMap<string, Argument>;
  readonly isCall: boolean;
}

/**
 * Core's expression for a tree of the CEL parser. A call becomes the function's expression with its
 * arguments in place of the parameters, so that core knows no functions; what is wrong with that has
 * the place of the call.
 *
 * @throws {ConditionProblem} If the tree holds what conditions have not, or is too deep or too large.
 */
export function expressionFromTree(tree: ASTNode, context: TreeContext): TreeReading {
  const { originalOffset, functions, params = [] } = context;
  const warnings = new Set<string>();
  const treeSize = createTreeSize();

  function take(count: number, level: number, node: ASTNode, scope: Scope): void {
    const tooMuch = treeSize.take(count, level);
    if (tooMuch !== undefined) throw problem(tooMuch, node, scope);
  }

  function read(node: ASTNode, level: number, scope: Scope): Expression {
    take(1, level, node, scope);
    const inside = (child: ASTNode): Expression => read(child, level + 1, scope);

    switch (node.op) {
      case "value":
        return { kind: "literal", value: literal(node, scope) };
      case "id":
      case ".":
        return nameOrArgument(node, level, scope);
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
        if (!scope.isCall && node.args.some(({ op }) => TRUTH_OPERATORS.has(op))) {
          warnings.add(chained(node.op));
        }
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
        return call(node, level, scope);
      case "rcall":
        return method(node, inside, scope);
      case ".?":
      case "[]":
      case "[?]":
      case "map":
        throw problem(`\`${node.op}\` is not supported`, node, scope);
    }
  }

  function literal(
    node: ASTNode & { readonly op: "value" },
    scope: Scope,
  ): string | number | boolean | null {
    const value = typeof node.args === "bigint" ? Number(node.args) : node.args;
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw problem("the number is too large for a double", node, scope);
    }
    if (typeof value === "object" && value !== null) {
      throw problem("not a plain literal", node, scope);
    }
    return value;
  }

  function nameOrArgument(node: ASTNode, level: number, scope: Scope): Expression {
    const written = name(node, scope);
    const [first = "", ...rest] = written.path;
    const argument = scope.bound.get(first);
    if (argument === undefined) return written;
    if (rest.length > 0) {
      const fix = "pass what is inside it as an argument, or rename the parameter";
      throw problem(`\`${first}\` is a parameter and has no parts; ${fix}`, node, scope);
    }
    take(argument.parts - 1, level + argument.levels - 1, node, scope);
    return argument.expression;
  }

  function name(node: ASTNode, scope: Scope): NameExpression {
    const path: string[] = [];
    let part = node;
    while (part.op === ".") {
      path.unshift(part.args[1]);
      part = part.args[0];
    }
    if (part.op !== "id") {
      const rule = "what stands before a point must be a name, such as `client.trust_score`";
      throw problem(rule, part, scope);
    }
    path.unshift(part.args);
    const broken = scope.bound.has(part.args) ? undefined : engineNameProblem(path);
    if (broken !== undefined) throw problem(broken, part, scope);
    return { kind: "name", path };
  }

  function call(node: ASTNode & { readonly op: "call" }, level: number, scope: Scope): Expression {
    const [called, args] = node.args;
    const known = functions.get(called);
    if (known !== undefined) return callFunction(known, args, { node, level, scope });
    const [argument, ...more] = args;
    if (argument === undefined || more.length > 0) {
      throw problem(`\`${called}\` takes one argument`, node, scope);
    }
    if (called === "size") return { kind: "size", operand: read(argument, level + 1, scope) };
    if (called !== "has") throw problem(`there is no function \`${called}\``, node, scope);
    return has(argument, level + 1, scope);
  }

  function has(node: ASTNode, level: number, scope: Scope): Expression {
    if (node.op !== "id" && node.op !== ".") {
      throw problem("`has` takes a name, such as `has(client.trust_score)`", node, scope);
    }
    const named = nameOrArgument(node, level, scope);
    if (named.kind === "name") return { kind: "has", name: named };
    if (named.kind === "literal") return { kind: "literal", value: named.value !== null };
    const why = `the function asks \`has(${name(node, scope).path.join(".")})\``;
    throw problem(`${why}, so that argument must be a name or a literal`, node, scope);
  }

  function callFunction(
    { name: called, params: names, tree: body }: KnownFunction,
    args: readonly ASTNode[],
    { node, level, scope }: { node: ASTNode; level: number; scope: Scope },
  ): Expression {
    if (args.length !== names.length) {
      const takes = `${names.length} argument${names.length === 1 ? "" : "s"}`;
      const shape = `\`${called}(${names.join(", ")})\``;
      throw problem(`${shape} takes ${takes}, got ${args.length}`, node, scope);
    }
    const bound = new Map(
      args.map((arg, index) => [
        names[index] ?? "",
        treeSize.measure(level + 1, () => read(arg, level + 1, scope)),
      ]),
    );
    if (body === undefined) return { kind: "literal", value: false };
    const offset = scope.offsetOf(node);
    return read(body, level + 1, { bound, offsetOf: () => offset, isCall: true });
  }

  function method(
    node: ASTNode & { readonly op: "rcall" },
    inside: Inside,
    scope: Scope,
  ): Expression {
    const [called, receiver, [argument, ...more]] = node.args;
    if (called === "size") {
      if (argument !== undefined) {
        throw problem("`size()` after a point takes no argument", argument, scope);
      }
      return { kind: "size", operand: inside(receiver) };
    }
    if (!isTextFunction(called)) throw problem(`there is no function \`${called}\``, node, scope);
    if (argument === undefined || more.length > 0) {
      throw problem(`\`${called}\` takes one argument`, node, scope);
    }
    const operand = inside(receiver);
    return { kind: "text", function: called, operand, argument: inside(argument) };
  }

  const own = params.map((param): [string, Argument] => {
    const expression: NameExpression = { kind: "name", path: [param] };
    return [param, { expression, parts: 1, levels: 1 }];
  });
  const scope: Scope = {
    bound: new Map(own),
    offsetOf: (node) => originalOffset(node.start),
    isCall: false,
  };
  return { expression: read(tree, 1, scope), warnings: [...warnings] };
}

function problem(message: string, node: ASTNode, { offsetOf }: Scope): ConditionProblem {
  return new ConditionProblem(message, offsetOf(node));
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
