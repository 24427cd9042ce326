import { ConditionProblem } from "./condition-problem.js";

export interface Token {
  readonly kind: "name" | "number" | "text" | "operator";
  /** As written, quotes included. */
  readonly text: string;
  /** UTF-16 offset in the condition. */
  readonly start: number;
}

type Refusal = readonly [pattern: RegExp, message: string];

/** What is no part of the language although it begins like something that is. */
const REFUSED_FIRST: readonly Refusal[] = [
  [/\/[/*]/y, "comments are not supported in a condition; use the rule's description"],
  [
    /"""|'''/y,
    "triple quotes are not supported; write the text between two single or double quotes",
  ],
  [/(?:u|b|r|br|rb)["']/iy, "a text has no prefix `u`, `b` or `r`; write the quotes alone"],
  [/\.\d/y, "a number begins with a digit; write `0.5`, not `.5`"],
  [/\.\s*\?|\?\s*\.(?!\d)/y, "optional access is not supported; ask `has(name)` first"],
  [/<>/y, "`<>` is not an operator; write `!=`"],
];

const TOKENS: readonly (readonly [kind: Token["kind"], pattern: RegExp])[] = [
  ["name", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["number", /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])/y],
  ["text", /"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'/y],
  ["operator", /==|!=|<=|>=|&&|\|\||[-+*/%<>!()[\],.?:]/y],
];

/** What is left when no token begins here. */
const REFUSED_LAST: readonly Refusal[] = [
  [/["']/y, "the text that begins here is not closed by the same quote on the same line"],
  [/0x/iy, "hexadecimal numbers are not supported; write the number in decimal"],
  [/\d+u/iy, "unsigned numbers are not supported; leave out the `u`"],
  [
    /\d+(?:\.\d+)?\./y,
    "a number has digits on both sides of its one point; an address needs quotes",
  ],
  [/\d/y, "a name begins with a letter or `_`, and a number ends before the next letter"],
  [/[{}]/y, "maps are not supported; compare the values one by one"],
  [/=/y, "`=` is not an operator; write `==`"],
  [/&/y, "`&` is not an operator; write `&&`"],
  [/\|/y, "`|` is not an operator; write `||`"],
];

/**
 * The words of a condition.
 *
 * @throws {ConditionProblem} At the first place that is no part of the language.
 */
export function readTokens(text: string): readonly Token[] {
  const halfCharacter = text.search(/\p{Surrogate}/u);
  if (halfCharacter >= 0) {
    throw new ConditionProblem("half of a surrogate pair is not a character", halfCharacter);
  }
  const tokens: Token[] = [];
  let start = blanksAt(text, 0);
  while (start < text.length) {
    const token = readToken(text, start);
    tokens.push(token);
    start = blanksAt(text, start + token.text.length);
  }
  return tokens;
}

function readToken(text: string, start: number): Token {
  refuse(REFUSED_FIRST, text, start);
  for (const [kind, pattern] of TOKENS) {
    const match = matchAt(pattern, text, start);
    if (match !== undefined) return { kind, text: match, start };
  }
  refuse(REFUSED_LAST, text, start);
  throw new ConditionProblem(`${describeCharacter(text, start)} is not part of a condition`, start);
}

function refuse(refusals: readonly Refusal[], text: string, start: number): void {
  for (const [pattern, message] of refusals) {
    if (matchAt(pattern, text, start) !== undefined) throw new ConditionProblem(message, start);
  }
}

function blanksAt(text: string, start: number): number {
  return start + (matchAt(/[ \t\r\n]*/y, text, start) ?? "").length;
}

function matchAt(pattern: RegExp, text: string, start: number): string | undefined {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0];
}

/** A code point as well: a Cyrillic letter looks like the Latin one that was meant. */
function describeCharacter(text: string, start: number): string {
  const codePoint = text.codePointAt(start) ?? 0;
  const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  const character = String.fromCodePoint(codePoint);
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `\`${character}\` (${name})` : name;
}
