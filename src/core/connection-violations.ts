import { parseAddress } from "./address.js";
import { parsePort } from "./port-set.js";
import { parseProtocol } from "./protocol.js";
import { quoted } from "./quoted.js";
import type { FieldViolation } from "./request.js";
import type { Value, ValueMap } from "./values.js";

const MOST_CHARACTERS = 256;
const MOST_REQUEST_ID_CHARACTERS = 1_024;
const SPACE = 0x20;
const TILDE = 0x7e;

/** Control, format (invisible, or turning the reading direction), lone halves, breaks of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Says which rule a value breaks; undefined when it breaks none. `typed`: numbers came as numbers. */
type FieldRule = (value: Value, typed: boolean) => string | undefined;

/** THE rules of a connection's fields; its keys are the names a context of CheckConnection may not use. */
const FIELD_RULES: ReadonlyMap<string, FieldRule> = new Map([
  ["request_id", textRule(MOST_REQUEST_ID_CHARACTERS)],
  ["client_id", clientIdRule],
  ["src_type", componentTypeRule],
  ["dst_type", componentTypeRule],
  ["src_ip", addressRule],
  ["dst_ip", addressRule],
  ["src_port", portRule],
  ["dst_port", portRule],
  ["protocol", protocolRule],
]);

const FIELD_RULES_IN_ORDER = [...FIELD_RULES];

/** What a decision may read of a connection; its empty text is "not given". */
export const CONNECTION_FIELDS: ReadonlySet<string> = new Set(
  [...FIELD_RULES.keys()].filter((name) => name !== "request_id"),
);

export function isConnectionField(name: string): boolean {
  return FIELD_RULES.has(name);
}

/**
 * What is wrong with the fields of a connection. Absent, null and `""` are "not given"; names that
 * are no field of a connection are not looked at.
 *
 * @param prefix - `""` for the fields of the message itself; `context.` for those inside a context,
 *   where a port may be decimal text and a protocol a number as well.
 */
export function connectionViolations(fields: ValueMap, prefix: "" | "context."): FieldViolation[] {
  const violations: FieldViolation[] = [];
  for (const [name, ruleOf] of FIELD_RULES_IN_ORDER) {
    // Nothing inherits such a name, so this is what `ownValue` gives, and costs less.
    const value = fields[name] ?? "";
    if (value === "") continue;
    const rule = ruleOf(value, prefix === "");
    if (rule !== undefined) violations.push({ field: `${prefix}${name}`, rule });
  }
  return violations;
}

function textRule(most: number): FieldRule {
  return (value) => {
    if (typeof value !== "string") return `must be text, got ${quoted(value)}`;
    if (isShortAscii(value)) return undefined;
    if (/\p{Cs}/u.test(value)) return `must be well-formed text, got ${quoted(value)}`;
    return characters(value, most) <= most
      ? undefined
      : `must have at most ${most} characters, got ${quoted(value)}`;
  };
}

const nameRule = textRule(MOST_CHARACTERS);

/** Two names that look the same are not two component types. */
function componentTypeRule(value: Value, typed: boolean): string | undefined {
  if (typeof value === "string" && isShortAscii(value)) return undefined;
  const broken = nameRule(value, typed);
  if (broken !== undefined || typeof value !== "string") return broken;
  return UNPRINTABLE.test(value) ? `must have printable characters, got ${quoted(value)}` : broken;
}

/** What nearly every text is; it breaks no rule, and asking is cheap. */
function isShortAscii(text: string): boolean {
  if (text.length > MOST_CHARACTERS) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < SPACE || code > TILDE) return false;
  }
  return true;
}

function clientIdRule(value: Value): string | undefined {
  if (typeof value === "string" && isShortAscii(value)) return undefined;
  const isPrintable =
    typeof value === "string" &&
    characters(value, MOST_CHARACTERS) <= MOST_CHARACTERS &&
    !UNPRINTABLE.test(value);
  return isPrintable
    ? undefined
    : `must be text of 1 to ${MOST_CHARACTERS} printable characters, got ${quoted(value)}`;
}

/** The number of characters (code points), or some number above `most` where that is certain. */
function characters(text: string, most: number): number {
  return text.length > 2 * most ? text.length : [...text].length;
}

function addressRule(value: Value): string | undefined {
  return typeof value === "string" && parseAddress(value) !== undefined
    ? undefined
    : `must be an IPv4 or IPv6 address without zone or prefix length, got ${quoted(value)}`;
}

function portRule(value: Value, typed: boolean): string | undefined {
  const isPort = parsePort(value) !== undefined && !(typed && typeof value === "string");
  return isPort ? undefined : `must be from 1 to 65535, got ${quoted(value)}`;
}

function protocolRule(value: Value, typed: boolean): string | undefined {
  const isProtocol = parseProtocol(value) !== undefined && !(typed && typeof value === "number");
  return isProtocol
    ? undefined
    : `must be a name such as tcp, or a number from 0 to 255, got ${quoted(value)}`;
}
