import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { ConditionProblem } from "./condition-problem.js";
import { readTokens, type Token } from "./condition-tokens.js";
import { translateOlderSpelling, type Translation } from "./older-spelling.js";
import { parserProblem } from "./parser-problem.js";
import { refuseUnsupported } from "./refused-constructs.js";

/** In UTF-16 code units. Checked before anything is parsed: the parser recurses over `!!!!...`. */
const MAX_LENGTH = 4096;

/** How deep parentheses, lists and dotted names go, and how long a list is. */
const LIMITS = { maxDepth: 100, maxListElements: 1000 };

export interface ParsedText {
  readonly tree: ASTNode;
  /** Of the text as written. */
  readonly tokens: readonly Token[];
  /** From a place in the text that was parsed (and in `tree`) to one in the text as written. */
  readonly originalOffset: (offset: number) => number;
}

/**
 * @param functionNames - What may be called besides the functions of the language.
 * @throws {ConditionProblem} Whatever is wrong with the text.
 */
export type ParseText = (text: string, functionNames: ReadonlySet<string>) => ParsedText;

/** Text in either spelling -> tree of the CEL parser. */
export function createConditionParser(): ParseText {
  const parser = new Environment({ unlistedVariablesAreDyn: true, limits: LIMITS });

  function parseTree(translation: Translation, tokens: readonly Token[], length: number): ASTNode {
    try {
      return parser.parse(translation.text).ast;
    } catch (thrown) {
      throw parserProblem(thrown, tokens, translation.originalOffset, length);
    }
  }

  return (text, functionNames) => {
    if (text.length > MAX_LENGTH) {
      const message = `a condition has at most ${MAX_LENGTH} characters, got ${text.length}; split the rule`;
      throw new ConditionProblem(message, MAX_LENGTH);
    }
    const tokens = readTokens(text);
    if (tokens.length === 0) throw new ConditionProblem("a condition cannot be blank", 0);
    refuseUnsupported(tokens, functionNames);
    const translation = translateOlderSpelling(text, tokens);
    const tree = parseTree(translation, tokens, text.length);
    return { tree, tokens, originalOffset: translation.originalOffset };
  };
}
