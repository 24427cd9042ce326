import { ParseError } from "@marcbachmann/cel-js";
import { ConditionProblem } from "./condition-problem.js";
import type { Token } from "./condition-tokens.js";

const EXPECTED: Readonly<Record<string, string>> = {
  RPAREN: "`)`",
  RBRACKET: "`]`",
  COLON: "`:` of `? :`",
  IDENTIFIER: "a name",
};

const EXPECTED_OPERATOR = "expected an operator such as `&&`";

/** What the parser threw, as a problem of the text as written. */
export function parserProblem(
  thrown: unknown,
  tokens: readonly Token[],
  originalOffset: (offset: number) => number,
  length: number,
): ConditionProblem {
  if (!(thrown instanceof ParseError)) {
    return new ConditionProblem("nested too deeply to be read; split the rule", 0);
  }
  const offset = originalOffset(thrown.range?.start ?? 0);
  // Where a `)` was put in by the translation, the fault is at the next word of the author's.
  const token = tokens.find(({ start, text }) => start + text.length > offset);
  const found = token === undefined ? "end of the condition" : `\`${token.text}\``;
  const at = token === undefined ? length : Math.max(token.start, offset);

  switch (thrown.code) {
    case "limit_exceeded":
      return new ConditionProblem(limitMessage(thrown.summary), at);
    case "reserved_identifier": {
      const fix = "give the attribute another name, or put it in a map";
      return new ConditionProblem(`${found} is a reserved word; ${fix}`, at);
    }
    case "expected_token": {
      const kind = /^Expected (\w+)/.exec(thrown.summary)?.[1] ?? "";
      const expected = EXPECTED[kind];
      // No `(` of the author's is open: the parser waits for the `)` that ends a translated `NOT`.
      if (expected === undefined || (kind === "RPAREN" && !isInParentheses(tokens, at))) {
        return new ConditionProblem(`unexpected ${found}; ${EXPECTED_OPERATOR}`, at);
      }
      return new ConditionProblem(`unexpected ${found}; expected ${expected}`, at);
    }
    case "unexpected_token":
      return new ConditionProblem(`unexpected ${found}; expected a value`, at);
    case "unexpected_character":
      return new ConditionProblem(`unexpected ${found}; ${EXPECTED_OPERATOR}`, at);
    case "invalid_number":
      return new ConditionProblem("the number is too large for a double", at);
    default: {
      const summary = thrown.summary.charAt(0).toLowerCase() + thrown.summary.slice(1);
      return new ConditionProblem(summary, at);
    }
  }
}

function limitMessage(summary: string): string {
  const [, limit = "", most = ""] = /^Exceeded (\w+) \((\d+)\)/.exec(summary) ?? [];
  switch (limit) {
    case "maxDepth":
      return `nested more than ${most} levels deep; split the rule`;
    case "maxListElements":
      return `a list has at most ${most} elements`;
    default:
      return "too large; split the rule";
  }
}

function isInParentheses(tokens: readonly Token[], offset: number): boolean {
  const before = tokens.filter(({ start }) => start < offset);
  const count = (text: string): number => before.filter((token) => token.text === text).length;
  return count("(") > count(")");
}
