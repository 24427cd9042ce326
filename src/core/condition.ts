import type { Value } from "./values.js";

/** A name as written in a condition: `client.trust_score` is `["client", "trust_score"]`. */
export interface NameExpression {
  readonly kind: "name";
  readonly path: readonly string[];
}

/** `== !=` compare, `< <= > >=` order, `in` is membership, the others are arithmetic. */
export type BinaryOperator =
  "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";

export type TextFunction = "startsWith" | "endsWith" | "contains";

/**
 * The language of conditions, as a tree: what core evaluates. The text is parsed elsewhere, so
 * that core depends on no parser; whatever is not here is refused when policy is loaded.
 */
export type Expression =
  | NameExpression
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | {
      readonly kind: "list";
      readonly elements: readonly Expression[];
      /** The list itself, where every element is a literal: made once and not per evaluation. */
      readonly constant?: readonly Value[];
    }
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "negate"; readonly operand: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "conditional";
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | { readonly kind: "has"; readonly name: NameExpression }
  | { readonly kind: "size"; readonly operand: Expression }
  | {
      readonly kind: "text";
      readonly function: TextFunction;
      readonly operand: Expression;
      readonly argument: Expression;
    };

/** A rule's condition, ready to evaluate. */
export interface Condition {
  /** As the author wrote it; for explanations. Two conditions of one rule are joined as `(a) && (b)`. */
  readonly text: string;
  readonly expression: Expression;
}

/** What a condition says: true, false, or that it cannot be known, and why. */
export type ConditionResult =
  | { readonly outcome: "true" | "false" }
  | {
      readonly outcome: "error";
      /** One sentence fragment, lower case, for a person. */
      readonly message: string;
      /**
       * Dotted names as written, each once, in the order of the text: exactly those whose absence
       * remains in the error (not those of a side that `&&` or `||` absorbed). Empty when the error
       * is of another kind, such as a number compared with true.
       */
      readonly missingAttributes: readonly string[];
    };

/** The value a name resolves to, or undefined when it is absent. */
export type ResolveName = (path: readonly string[]) => Value | undefined;
