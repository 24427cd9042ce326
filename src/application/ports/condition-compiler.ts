import type { Expression } from "../../core/condition.js";

/** Reads the text of a condition. Total: any text gives a tree or a problem, never an exception. */
export interface ConditionCompiler {
  compile(text: string): CompiledCondition;
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
