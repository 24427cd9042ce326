import type { Expression } from "../../core/condition.js";

/** Reads the text of a condition. Total: any text gives a tree or a problem, never an exception. */
export interface ConditionCompiler {
  compile(text: string): CompiledCondition;
  /**
   * The compiler for conditions that may call exactly `functions`, as `name(argument, ...)`. A call
   * means the function's expression with each parameter replaced by the argument as if in
   * parentheses; every other name in it means what it means where the call stands. The tree of a
   * compiled condition holds no calls.
   */
  withFunctions(functions: readonly PolicyFunction[]): FunctionCompilation;
}

export type CompiledCondition =
  | { readonly ok: true; readonly expression: Expression; readonly warnings: readonly string[] }
  | {
      readonly ok: false;
      /** Lower case, says what to write instead. */
      readonly message: string;
      /** UTF-16 offset in the text as written, from 0. */
      readonly offset: number;
    };

/** A named part of conditions. */
export interface PolicyFunction {
  readonly name: string;
  readonly params: readonly string[];
  /** In the language of conditions; of any type. */
  readonly expression: string;
}

export interface FunctionCompilation {
  /** With an error among the problems it is good for finding further ones only. */
  readonly compiler: ConditionCompiler;
  readonly problems: readonly FunctionProblem[];
}

export interface FunctionProblem {
  readonly severity: "error" | "warning";
  /** Position of the function in the list that was given. */
  readonly index: number;
  /** Where in the function: `["name"]`, `["params", 1]`, `["expression"]`. */
  readonly path: readonly (string | number)[];
  /** UTF-16 offset in the expression, from 0; absent for the other parts. */
  readonly offset?: number;
  /** Lower case, says what to write instead. */
  readonly message: string;
}
