import { parse, type ParseError, printParseErrorCode } from "jsonc-parser";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { PdpError } from "../../application/errors.js";
import { isObject } from "./proto-json.js";

/**
 * How deep a body may nest. Above what any valid request needs (a context may be 8 deep), below what
 * the protobuf decoder takes, so that too much is answered and not crashed on.
 */
const MAX_DEPTH = 32;
/** Keys of one object. Above what any valid request needs; without it 4 MiB are 400,000. */
const MAX_KEYS = 10_000;

/** What the parser found, in words. */
const SYNTAX_WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol:
    'this is no JSON value (text is quoted with `"`, and there are only true, false and null)',
  InvalidNumberFormat: "this is no JSON number",
  PropertyNameExpected: "a key in double quotes is expected",
  ValueExpected: "a value is expected",
  ColonExpected: "a `:` is expected after the key",
  CommaExpected: "a `,` is expected",
  CloseBraceExpected: "a `}` or a `,` is expected",
  CloseBracketExpected: "a `]` or a `,` is expected",
  EndOfFileExpected: "nothing is expected after the value",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfComment: "JSON has no comments",
  UnexpectedEndOfString: "a text has no closing quote",
  UnexpectedEndOfNumber: "a number has no end",
  InvalidUnicode: "`\\u` is followed by four hexadecimal digits",
  InvalidEscapeCharacter: "this character cannot be escaped with `\\`",
  InvalidCharacter: "control characters must be escaped",
};

/**
 * Reads a JSON body strictly: UTF-8, no key twice in one object, at most 32 levels, at most 10,000
 * keys in one object, no key `__proto__`, no lone surrogate, no number beyond a double.
 *
 * @throws {PdpError} REQUEST_INVALID, with the position or the path.
 */
export function parseJsonBody(bytes: Uint8Array): JsonValue {
  const text = decodeUtf8(bytes);
  const json = parseText(text);
  const problem = keyProblem(text);
  if (problem !== undefined) throw invalid("body", problem);
  // Why the look at the text: UTF-8 holds no half of a pair, so that only an escape can make one.
  const unsafe = unsafeIn(json, SURROGATE_ESCAPE.test(text));
  if (unsafe !== undefined) throw invalid(unsafe.path, unsafe.rule);
  return json;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("body", "must be UTF-8");
  }
}

function parseText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw invalid("body", `is not valid JSON${syntaxError(text)}`);
  }
}

// Why a second parser: JSON.parse does not always say where.
function syntaxError(text: string): string {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true });
  } catch {
    return ": it nests too deep"; // The parser recurses; JSON.parse does not.
  }
  const [first] = errors;
  if (!first) return "";
  const lines = text.slice(0, first.offset).split("\n");
  const column = (lines.at(-1) ?? "").length + 1;
  return ` at line ${lines.length}, column ${column}${inWords(first)}`;
}

function inWords({ error }: ParseError): string {
  const words = SYNTAX_WORDS[printParseErrorCode(error)];
  return words === undefined ? "" : `: ${words}`;
}

/** What is wrong with the nesting or the keys of `text`, which JSON.parse has accepted. */
function keyProblem(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // The keys of each open object; undefined: an array.
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case "{":
      case "[":
        if (open.length === MAX_DEPTH) return `must not nest deeper than ${MAX_DEPTH} levels`;
        expectsKey = text.charAt(at) === "{";
        open.push(expectsKey ? new Set() : undefined);
        break;
      case "}":
      case "]":
        open.pop();
        expectsKey = false;
        break;
      case ",":
        expectsKey = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (expectsKey) {
          const key = keyAt(text, at, end);
          const keys = open.at(-1);
          if (keys?.has(key)) return `must not have a key twice: ${JSON.stringify(key)}`;
          keys?.add(key);
          if ((keys?.size ?? 0) > MAX_KEYS) {
            return `must not have more than ${MAX_KEYS} keys in one object`;
          }
          expectsKey = false;
        }
        at = end;
        break;
      }
    }
  }
  return undefined;
}

function keyAt(text: string, start: number, end: number): string {
  const key = text.slice(start + 1, end);
  return key.includes("\\") ? (JSON.parse(`"${key}"`) as string) : key;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

const SURROGATE_ESCAPE = /\\u[dD]/;

interface Unsafe {
  /** From the body; empty: the body itself. */
  readonly path: string;
  readonly rule: string;
}

/** The first value that nothing should see. Its path is made on the way back: mostly there is none. */
function unsafeIn(json: JsonValue, mayHaveSurrogates: boolean): Unsafe | undefined {
  if (typeof json === "number" && !Number.isFinite(json)) {
    return { path: "", rule: "must be a finite number" };
  }
  if (typeof json === "string" && mayHaveSurrogates && hasLoneSurrogate(json)) {
    return { path: "", rule: "must not hold half of a surrogate pair" };
  }
  if (Array.isArray(json)) return unsafeInList(json, mayHaveSurrogates);
  return isObject(json) ? unsafeInObject(json, mayHaveSurrogates) : undefined;
}

function unsafeInList(list: readonly JsonValue[], mayHaveSurrogates: boolean): Unsafe | undefined {
  for (const [index, element] of list.entries()) {
    const unsafe = unsafeIn(element, mayHaveSurrogates);
    if (unsafe !== undefined) return within(`[${index}]`, unsafe);
  }
  return undefined;
}

function unsafeInObject(json: JsonObject, mayHaveSurrogates: boolean): Unsafe | undefined {
  for (const key of Object.keys(json)) {
    if (key === "__proto__") return { path: key, rule: "is a key that is not allowed" };
    if (mayHaveSurrogates && hasLoneSurrogate(key)) {
      return { path: "", rule: "must not have half of a surrogate pair in a key" };
    }
    const unsafe = unsafeIn(json[key] ?? null, mayHaveSurrogates);
    if (unsafe !== undefined) return within(key, unsafe);
  }
  return undefined;
}

function within(step: string, { path, rule }: Unsafe): Unsafe {
  const isStep = path === "" || path.startsWith("[");
  return { path: isStep ? `${step}${path}` : `${step}.${path}`, rule };
}

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function invalid(field: string, rule: string): PdpError {
  const violation = { field: field === "" ? "body" : field, rule };
  return new PdpError({ reason: "REQUEST_INVALID", violations: [violation] });
}
