import { createScanner } from "jsonc-parser";
import type { Value } from "../../core/values.js";
import {
  emptyMap,
  extendPath,
  type JsonMember,
  type JsonNode,
  type PathStep,
} from "./json-tree.js";
import { finish } from "../../core/finish.js";

/** Objects and lists inside one another; bounds every recursion over the document. */
const MAX_DEPTH = 100;
const BLANK = " \t\n\r";
/** Some hundred microseconds of reading. */
const TOKENS_OF_A_STEP = 256;
// The first is the cheap question: nearly no text has either.
const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

export interface TextProblem {
  readonly severity: "error" | "warning";
  /** UTF-16, from 0. */
  readonly offset: number;
  readonly path: string;
  readonly message: string;
  readonly suggestion?: string;
}

export interface ParsedText {
  /** Absent when the text is not JSON: then the problems say where it stops being so. */
  readonly root?: JsonNode;
  readonly problems: readonly TextProblem[];
}

/**
 * Reads strict JSON (RFC 8259: no comments, no trailing commas) into a tree with places. Total.
 * Refused besides: a key twice in one object, numbers that are not finite, text with lone surrogates,
 * nesting deeper than 100. An integer that loses digits is a warning.
 */
export function parsePolicyFile(text: string): ParsedText {
  return finish(parseSteps(text));
}

/** The same in short steps: whoever runs them decides when others have their turn. */
export function* parseSteps(text: string): Generator<void, ParsedText> {
  const scanner = createScanner(text, false);
  const problems: TextProblem[] = [];
  const path: PathStep[] = [];

  // The token: told apart by its first character, because the scanner's enums cannot be imported.
  let offset = 0;
  let lead = "";
  let tokensLeft = TOKENS_OF_A_STEP;
  function advance(): void {
    tokensLeft--;
    do {
      scanner.scan();
      offset = scanner.getTokenOffset();
      lead = text.charAt(offset);
    } while (lead !== "" && BLANK.includes(lead)); // The scanner would skip comments as well.
  }
  const isBroken = (): boolean => (scanner.getTokenError() as number) !== 0;
  const at = (character: string): boolean => lead === character;

  function note(
    severity: TextProblem["severity"],
    at: number,
    message: string,
    suggestion?: string,
  ): void {
    problems.push({
      severity,
      offset: at,
      path: path.reduce(extendPath, ""),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  function fail(expected: string): void {
    if (lead === "") {
      note("error", offset, `the text ends where ${expected} is expected`);
    } else if (lead === "/") {
      note("error", offset, "JSON has no comments", "remove the comment");
    } else if (lead === "'") {
      note("error", offset, `expected ${expected}, found \`'\``, 'use double quotes: "..."');
    } else {
      note("error", offset, `expected ${expected}, found \`${scanner.getTokenValue() || lead}\``);
    }
  }

  function readText(): string | undefined {
    const value = scanner.getTokenValue();
    if (isBroken()) {
      note(
        "error",
        offset,
        "this text is not closed, or has a control character or an escape that JSON does not know",
        String.raw`close it with ", write \n for a line break and \\ for a backslash`,
      );
      return undefined;
    }
    if (SURROGATE.test(value) && LONE_SURROGATE.test(value)) {
      note("error", offset, "this text has half of a surrogate pair, which is not a character");
    }
    return value;
  }

  function readNumber(): number | undefined {
    const written = scanner.getTokenValue();
    if (isBroken()) {
      fail("a complete number");
      return undefined;
    }
    const value = Number(written);
    if (!Number.isFinite(value)) {
      note("error", offset, `the number \`${written}\` is too large: it would become infinite`);
    } else if (/^-?\d+$/.test(written) && !Number.isSafeInteger(value)) {
      const kept = BigInt(value).toString();
      if (kept !== written) {
        note("warning", offset, `the number \`${written}\` loses digits`, `write it as text`);
      }
    }
    return value;
  }

  function* readObject(depth: number): Generator<void, JsonNode | undefined> {
    const start = offset;
    const members = new Map<string, JsonMember>();
    const value = emptyMap();
    advance();
    while (!at("}")) {
      if (!at('"')) {
        fail(members.size === 0 ? 'a key in double quotes or "}"' : "a key in double quotes");
        return undefined;
      }
      const key = readText();
      if (key === undefined) return undefined;
      const keyOffset = offset;
      path.push(key);
      const first = members.get(key);
      if (first !== undefined) {
        note("error", keyOffset, `the key \`${key}\` is there twice`, "keep one of the two");
      }
      advance();
      if (!at(":")) {
        fail('":"');
        return undefined;
      }
      advance();
      const node = opensContainer() ? yield* readContainer(depth) : readScalar();
      if (node === undefined) return undefined;
      path.pop();
      if (first === undefined) {
        members.set(key, { keyOffset, node });
        value[key] = node.value;
      }
      if (!continues("}")) return undefined;
      if (isDue()) yield;
    }
    const end = offset + 1;
    advance();
    return { kind: "object", offset: start, end, members, value };
  }

  function* readList(depth: number): Generator<void, JsonNode | undefined> {
    const start = offset;
    const elements: JsonNode[] = [];
    const value: Value[] = [];
    advance();
    while (!at("]")) {
      path.push(elements.length);
      const node = opensContainer() ? yield* readContainer(depth) : readScalar();
      if (node === undefined) return undefined;
      path.pop();
      elements.push(node);
      value.push(node.value);
      if (!continues("]")) return undefined;
      if (isDue()) yield;
    }
    const end = offset + 1;
    advance();
    return { kind: "list", offset: start, end, elements, value };
  }

  function isDue(): boolean {
    if (tokensLeft > 0) return false;
    tokensLeft = TOKENS_OF_A_STEP;
    return true;
  }

  // After an element: at the closing bracket, or past the comma and not at the closing bracket.
  function continues(close: string): boolean {
    if (at(close)) return true;
    if (!at(",")) {
      fail(`"," or "${close}"`);
      return false;
    }
    const comma = offset;
    advance();
    if (!at(close)) return true;
    note("error", comma, `a comma before "${close}"`, "remove the comma");
    return false;
  }

  const opensContainer = (): boolean => at("{") || at("[");

  function* readContainer(depth: number): Generator<void, JsonNode | undefined> {
    if (depth >= MAX_DEPTH) {
      note("error", offset, `nested deeper than ${MAX_DEPTH} objects and lists`);
      return undefined;
    }
    return yield* at("{") ? readObject(depth + 1) : readList(depth + 1);
  }

  function readScalar(): JsonNode | undefined {
    const start = offset;
    const value = readScalarValue();
    if (value === undefined) return undefined;
    const end = start + scanner.getTokenLength();
    advance();
    return { kind: "scalar", offset: start, end, value };
  }

  function readScalarValue(): string | number | boolean | null | undefined {
    if (at('"')) return readText();
    const word = scanner.getTokenValue();
    if (/^-?\d/.test(word)) return readNumber();
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    fail("a value");
    return undefined;
  }

  advance();
  if (at("")) {
    note("error", 0, "the file is empty", 'write {"version": 1, "policies": {}}');
    return { problems };
  }
  const root = opensContainer() ? yield* readContainer(0) : readScalar();
  if (root === undefined) return { problems };
  if (!at("")) {
    fail("the end of the text");
    return { problems };
  }
  return { root, problems };
}
