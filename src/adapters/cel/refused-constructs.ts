import { nearest } from "../../core/nearest.js";
import { ConditionProblem } from "./condition-problem.js";
import type { Token } from "./condition-tokens.js";
import { olderWord } from "./older-spelling.js";

const FUNCTIONS = new Set(["has", "size"]);
const METHODS = new Set(["size", "startsWith", "endsWith", "contains"]);
const KEYWORDS = new Set(["in", "true", "false", "null"]);

const INSTEAD: readonly (readonly [names: string, instead: string])[] = [
  ["matches", "use `==`, `startsWith`, `endsWith` or `contains`"],
  ["all exists exists_one map filter", "use `in`, or join comparisons with `&&` and `||`"],
  [
    "timestamp duration getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds getMinutes getMonth getSeconds",
    "compare `engine.hour`, `engine.minute`, `engine.day_of_week` or `engine.time` with a number",
  ],
  [
    "int uint double string bool bytes dyn type",
    "leave it out: every number is a double, and text is ordered as a number beside a number",
  ],
];

/** Whether the language has, or refuses by name, a function `name`, so that it can mean nothing else. */
export function isBuiltIn(name: string): boolean {
  const refused = INSTEAD.some(([names]) => names.split(" ").includes(name));
  return refused || FUNCTIONS.has(name) || METHODS.has(name);
}

/**
 * Refuses by name what CEL has and conditions have not: other functions, macros, indexing.
 *
 * @param functionNames - Policy functions, which may be called as well.
 * @throws {ConditionProblem} At the first of them.
 */
export function refuseUnsupported(
  tokens: readonly Token[],
  functionNames: ReadonlySet<string>,
): void {
  for (const [index, token] of tokens.entries()) {
    const isMember = tokens[index - 1]?.text === ".";
    const isWord = token.kind === "name" && olderWord(tokens, index) === undefined;
    if (isWord && isMember) refuseKeyword(token);
    if (isWord && /^in$/i.test(token.text) && token.text !== "in" && endsValue(tokens, index - 1)) {
      throw new ConditionProblem(`\`${token.text}\` is written \`in\``, token.start);
    }
    if (isWord && tokens[index + 1]?.text === "(") refuseFunction(token, isMember, functionNames);
    if (token.text === "[" && endsValue(tokens, index - 1)) {
      const fix = "use `in`, or give the value a name of its own";
      throw new ConditionProblem(`an index in brackets is not supported; ${fix}`, token.start);
    }
  }
}

function refuseKeyword({ text, start }: Token): void {
  if (!KEYWORDS.has(text)) return;
  throw new ConditionProblem(`\`${text}\` is a word of the language and no part of a name`, start);
}

function refuseFunction(
  { text, start }: Token,
  isMember: boolean,
  functionNames: ReadonlySet<string>,
): void {
  if (functionNames.has(text)) {
    if (!isMember) return;
    throw new ConditionProblem(`write \`${text}(name)\`, with every argument inside`, start);
  }
  if (KEYWORDS.has(text) || (isMember ? METHODS : FUNCTIONS).has(text)) return;
  const instead = INSTEAD.find(([names]) => names.split(" ").includes(text))?.[1];
  if (instead !== undefined) {
    throw new ConditionProblem(`\`${text}\` is not supported; ${instead}`, start);
  }
  if (METHODS.has(text)) {
    throw new ConditionProblem(
      `write \`name.${text}("...")\`, with the text before the point`,
      start,
    );
  }
  if (FUNCTIONS.has(text)) throw new ConditionProblem(`write \`${text}(name)\``, start);
  const near = nearest(text, functionNames);
  const known =
    near === undefined
      ? "the functions are `has`, `size`, `startsWith`, `endsWith` and `contains`, and the policy functions of POLICY_FUNCTIONS_DIR"
      : `write \`${near}\``;
  throw new ConditionProblem(`there is no function \`${text}\`; ${known}`, start);
}

function endsValue(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token === undefined) return false;
  if (token.kind === "operator") return token.text === ")" || token.text === "]";
  return token.text !== "in" && olderWord(tokens, index) === undefined;
}
