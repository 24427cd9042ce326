import { isConnectionField } from "./connection-violations.js";
import { quoted } from "./quoted.js";
import type { FieldViolation } from "./request.js";
import { isList, type Value, type ValueMap } from "./values.js";

/** Of a context, and of every map in it. */
export const MOST_CONTEXT_KEYS = 256;
const MOST_DEPTH = 8;
const MOST_BYTES = 8_192;
const MOST_ELEMENTS = 1_000;
/** Enough to mend a request by; an answer must not grow with what is wrong. */
const MOST_VIOLATIONS = 20;

/**
 * What is wrong with a context: too many keys, too deep, texts or keys or lists too long, numbers
 * that are not finite, keys named `__proto__`, text that is not well-formed. Exactly at a limit is
 * accepted; the context itself is depth 1. At most the first 20, in the order of the context.
 *
 * @param options - `refuseConnectionFields`: whether keys with the name of a field of a connection
 *   are refused too, because the message has a field for them.
 */
export function contextViolations(
  context: ValueMap,
  options: { readonly refuseConnectionFields: boolean },
): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const report = (field: string, rule: string): void => {
    if (violations.length < MOST_VIOLATIONS) violations.push({ field, rule });
  };
  if (options.refuseConnectionFields) {
    for (const key of Object.keys(context)) {
      if (isConnectionField(key) && context[key] !== null) {
        report(`context.${key}`, `must not be given here: use the request's own field ${key}`);
      }
    }
  }
  checkMap(context, { path: () => "context", depth: 1, report });
  return violations;
}

interface Place {
  /** Made only where something is wrong: a context has up to a million values, and mostly none is. */
  readonly path: () => string;
  /** Maps and lists around a value, the context included. */
  readonly depth: number;
  readonly report: (field: string, rule: string) => void;
}

function checkMap(map: ValueMap, place: Place): void {
  const { path, report } = place;
  const keys = Object.keys(map);
  if (keys.length > MOST_CONTEXT_KEYS) {
    report(path(), `must have at most ${MOST_CONTEXT_KEYS} keys, got ${keys.length}`);
    return;
  }
  for (const key of keys) {
    const keyPath = (): string => pathOfKey(path(), key);
    const broken = brokenKeyRule(key);
    if (broken !== undefined) report(keyPath(), broken);
    else checkValue(map[key] ?? null, keyPath, place);
  }
}

function checkValue(value: Value, path: () => string, { depth, report }: Place): void {
  if (typeof value === "string") {
    const broken = brokenTextRule(value);
    if (broken !== undefined) report(path(), broken);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) report(path(), `must be a finite number, got ${quoted(value)}`);
  } else if (value !== null && typeof value === "object") {
    checkNested(value, { path, depth: depth + 1, report });
  }
}

/** The depth bounds the recursion: what is deeper is reported and not entered. */
function checkNested(value: readonly Value[] | ValueMap, place: Place): void {
  const { path, depth, report } = place;
  if (depth > MOST_DEPTH) {
    report(path(), `must not be nested deeper than ${MOST_DEPTH} levels`);
  } else if (!isList(value)) {
    checkMap(value, place);
  } else if (value.length > MOST_ELEMENTS) {
    report(path(), `must have at most ${MOST_ELEMENTS} elements, got ${value.length}`);
  } else {
    for (const [index, element] of value.entries()) {
      checkValue(element, () => `${path()}[${index}]`, place);
    }
  }
}

function brokenKeyRule(key: string): string | undefined {
  if (key === "__proto__") return "must not be used as a key";
  const broken = brokenTextRule(key);
  return broken === undefined ? undefined : `is a key that ${broken}`;
}

function brokenTextRule(text: string): string | undefined {
  // Source: Unicode, category Cs: with the flag `u` only surrogates without their other half match.
  if (/\p{Cs}/u.test(text)) return "must be well-formed text, got a lone surrogate";
  if (3 * text.length <= MOST_BYTES) return undefined;
  const bytes = utf8Length(text);
  return bytes > MOST_BYTES
    ? `must be at most ${MOST_BYTES} bytes in UTF-8, got ${bytes}`
    : undefined;
}

/** Bytes of well-formed text. Each half of a surrogate pair stands for two of the pair's four. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const isSurrogate = unit >= 0xd800 && unit <= 0xdfff;
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isSurrogate ? 2 : 3;
  }
  return bytes;
}

const PLAIN_KEY = /^[\p{L}\p{N}_.:/-]{1,64}$/u;

/** A key of other characters, or a long one, is shown quoted and cut: a path stays one short line. */
function pathOfKey(path: string, key: string): string {
  return PLAIN_KEY.test(key) ? `${path}.${key}` : `${path}[${quoted(key)}]`;
}
