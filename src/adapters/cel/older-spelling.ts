import { ConditionProblem } from "./condition-problem.js";
import type { Token } from "./condition-tokens.js";

/** A text in CEL, and where each place of it is in the text as written. */
export interface Translation {
  readonly text: string;
  readonly originalOffset: (offset: number) => number;
}

type OlderWord = "AND" | "OR" | "NOT";

/** What a value, and so `NOT`, can follow. */
const BEFORE_A_VALUE = new Set(["(", "[", ",", "?", ":", "&&", "||"]);
/** Where the reach of a `NOT` ends, if not at the end of its bracket. */
const LOOSER_THAN_NOT = new Set([",", "?", ":", "&&", "||"]);

/** The word that `tokens[index]` is in the older spelling; a part of a dotted name is none. */
export function olderWord(tokens: readonly Token[], index: number): OlderWord | undefined {
  const token = tokens[index];
  if (token?.kind !== "name") return undefined;
  if (tokens[index - 1]?.text === "." || tokens[index + 1]?.text === ".") return undefined;
  const word = token.text.toUpperCase();
  return word === "AND" || word === "OR" || word === "NOT" ? word : undefined;
}

/**
 * The documented older spelling as CEL: `AND` and `OR` in any case are `&&` and `||`; `NOT` binds as
 * in SQL and Python, looser than comparisons and tighter than `AND`, so `NOT x > 5 AND y` is
 * `!(x > 5) && y`. Everything else stays as written, to the character.
 *
 * @throws {ConditionProblem} Where `NOT` stands after a value or after an operator that binds tighter.
 */
export function translateOlderSpelling(text: string, tokens: readonly Token[]): Translation {
  const translation = startTranslation(text);
  const openNots = [0]; // One count for each bracket that is open.
  const closeNots = (): void => {
    translation.insert(")".repeat(openNots.at(-1) ?? 0));
    openNots[openNots.length - 1] = 0;
  };

  for (const [index, token] of tokens.entries()) {
    const word = olderWord(tokens, index);
    const ends = token.text === ")" || token.text === "]";
    if (ends || LOOSER_THAN_NOT.has(token.text) || word === "AND" || word === "OR") closeNots();
    if (ends && openNots.length > 1) openNots.pop();
    if (token.text === "(" || token.text === "[") openNots.push(0);

    switch (word) {
      case undefined:
        translation.keep(token);
        break;
      case "AND":
        translation.replace(token, "&&");
        break;
      case "OR":
        translation.replace(token, "||");
        break;
      case "NOT":
        checkNotPosition(tokens, index);
        translation.replace(token, "!(");
        openNots[openNots.length - 1] = (openNots.at(-1) ?? 0) + 1;
        break;
    }
  }
  closeNots();
  return translation.finish();
}

function checkNotPosition(tokens: readonly Token[], index: number): void {
  const before = tokens[index - 1];
  const { text: not = "", start = 0 } = tokens[index] ?? {};
  if (before === undefined || BEFORE_A_VALUE.has(before.text) || olderWord(tokens, index - 1))
    return;
  if (before.kind === "operator" && before.text !== ")" && before.text !== "]") {
    const fix = `put it and what it negates in parentheses: \`(${not} ...)\``;
    throw new ConditionProblem(`\`${not}\` cannot follow \`${before.text}\`; ${fix}`, start);
  }
  const fix = `write \`${not} a in b\`, not \`a ${not} in b\``;
  throw new ConditionProblem(`\`${not}\` stands before what it negates; ${fix}`, start);
}

/** Writes a text piece by piece and remembers where each piece came from. */
function startTranslation(original: string) {
  const pieces: { readonly at: number; readonly from: number; readonly verbatim: boolean }[] = [];
  let text = "";
  let done = 0; // All of the original before this offset is in `text`.

  const copyUpTo = (end: number): void => {
    pieces.push({ at: text.length, from: done, verbatim: true });
    text += original.slice(done, end);
    done = end;
  };
  const write = (piece: string): void => {
    pieces.push({ at: text.length, from: done, verbatim: false });
    text += piece;
  };
  return {
    keep(token: Token): void {
      copyUpTo(token.start + token.text.length);
    },
    replace(token: Token, replacement: string): void {
      copyUpTo(token.start);
      write(replacement);
      done = token.start + token.text.length;
    },
    insert: write,
    finish(): Translation {
      copyUpTo(original.length);
      return {
        text,
        originalOffset(offset) {
          const piece = pieces.findLast(({ at }) => at <= offset);
          if (piece === undefined) return offset;
          return piece.verbatim ? piece.from + offset - piece.at : piece.from;
        },
      };
    },
  };
}
