import type {
  CompiledCondition,
  ConditionCompiler,
} from "../../application/ports/condition-compiler.js";
import { createConditionParser } from "./condition-parser.js";
import { ConditionProblem } from "./condition-problem.js";
import { expressionFromTree, type KnownFunction } from "./expression-from-tree.js";
import { readFunctions } from "./read-functions.js";

/**
 * Reads conditions in the subset of CEL that core evaluates, and in the older spelling
 * (`AND OR NOT`). Whatever else CEL has is refused by name.
 */
export function createConditionCompiler(): ConditionCompiler {
  const parse = createConditionParser();

  function knowing(functions: ReadonlyMap<string, KnownFunction>): ConditionCompiler {
    const names = new Set(functions.keys());
    return {
      compile(text): CompiledCondition {
        try {
          const { tree, originalOffset } = parse(text, names);
          return { ok: true, ...expressionFromTree(tree, { originalOffset, functions }) };
        } catch (thrown) {
          if (!(thrown instanceof ConditionProblem)) throw thrown;
          return { ok: false, message: thrown.message, offset: thrown.offset };
        }
      },
      withFunctions(definitions) {
        const { functions: known, problems } = readFunctions(definitions, parse);
        return { compiler: knowing(known), problems };
      },
    };
  }

  return knowing(new Map());
}
