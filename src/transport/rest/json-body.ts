import { parse, type ParseError, printParseErrorCode } from "jsonc-parser";
import type { JsonValue } from "@bufbuild/protobuf";
import { PdpError } from "../../application/errors.js";

/**
 * How deep a body may nest. Above what any valid request needs (a context may be 8 deep), below what
 * the protobuf decoder takes, so that too much is answered and not crashed on.
 */
const MAX_DEPTH = 32;

/**
 * Reads a JSON body strictly: UTF-8, no key twice in one object, at most 32 levels, no key
 * `__proto__`, no lone surrogate, no number beyond a double.
 *
 * @throws {PdpError} REQUEST_INVALID, with the position or the path.
 */
export function parseJsonBody(bytes: Uint8Array): JsonValue {
  const text = decodeUtf8(bytes);
  const json = parseText(text);
  const problem = keyProblem(text);
  if (problem !== undefined) throw invalid("body", problem);
  refuseUnsafeValues(json, "");
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
  return ` at line ${lines.length}, column ${column}: ${printParseErrorCode(first.error)}`;
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
          const key = JSON.parse(text.slice(at, end + 1)) as string;
          const keys = open.at(-1);
          if (keys?.has(key)) return `must not have a key twice: ${JSON.stringify(key)}`;
          keys?.add(key);
          expectsKey = false;
        }
        at = end;
        break;
      }
    }
  }
  return undefined;
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

function refuseUnsafeValues(json: JsonValue, path: string): void {
  if (typeof json === "string" && hasLoneSurrogate(json)) {
    throw invalid(path, "must not hold half of a surrogate pair");
  }
  if (typeof json === "number" && !Number.isFinite(json)) {
    throw invalid(path, "must be a finite number");
  }
  if (typeof json !== "object" || json === null) return;
  for (const [key, value] of Object.entries(json)) {
    const inner = Array.isArray(json) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (key === "__proto__") throw invalid(inner, "is a key that is not allowed");
    if (hasLoneSurrogate(key))
      throw invalid(path, "must not have half of a surrogate pair in a key");
    refuseUnsafeValues(value, inner);
  }
}

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function invalid(field: string, rule: string): PdpError {
  const violation = { field: field === "" ? "body" : field, rule };
  return new PdpError({ reason: "REQUEST_INVALID", violations: [violation] });
}
