import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import type {
  CompiledCondition,
  ConditionCompiler,
} from "../../application/ports/condition-compiler.js";
import { ConditionProblem } from "./condition-problem.js";
import { readTokens, type Token } from "./condition-tokens.js";
import { expressionFromTree, type TreeReading } from "./expression-from-tree.js";
import { translateOlderSpelling, type Translation } from "./older-spelling.js";
import { parserProblem } from "./parser-problem.js";
import { refuseUnsupported } from "./refused-constructs.js";

/** In UTF-16 code units. Checked before anything is parsed: the parser recurses over `!!!!...`. */
const MAX_LENGTH = 4096;

/** How deep parentheses, lists and dotted names go, and how long a list is. */
const LIMITS = { maxDepth: 100, maxListElements: 1000 };

/**
 * Reads conditions in the subset of CEL that core evaluates, and in the older spelling
 * (`AND OR NOT`). Whatever else CEL has is refused by name.
 */
export function createConditionCompiler(): ConditionCompiler {
  const parser = new Environment({ unlistedVariablesAreDyn: true, limits: LIMITS });

  function parse(text: string): TreeReading {
    if (text.length > MAX_LENGTH) {
      const message = `a condition has at most ${MAX_LENGTH} characters, got ${text.length}; split the rule`;
      throw new ConditionProblem(message, MAX_LENGTH);
    }
    const tokens = readTokens(text);
    if (tokens.length === 0) throw new ConditionProblem("a condition cannot be blank", 0);
    refuseUnsupported(tokens);
    const translation = translateOlderSpelling(text, tokens);
    const tree = parseTree(translation, tokens, text.length);
    return expressionFromTree(tree, translation.originalOffset);
  }

  function parseTree(translation: Translation, tokens: readonly Token[], length: number): ASTNode {
    try {
      return parser.parse(translation.text).ast;
    } catch (thrown) {
      throw parserProblem(thrown, tokens, translation.originalOffset, length);
    }
  }

  return {
    compile(text): CompiledCondition {
      try {
        return { ok: true, ...parse(text) };
      } catch (thrown) {
        if (!(thrown instanceof ConditionProblem)) throw thrown;
        return { ok: false, message: thrown.message, offset: thrown.offset };
      }
    },
  };
}
