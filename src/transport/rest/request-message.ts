import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { invalidField } from "../../application/errors.js";
import { fieldNamed, hasCustomJson, isObject, messageFromJson } from "./proto-json.js";
import type { PathBinding } from "./http-rule.js";

const TEXT_FORM =
  /^google\.protobuf\.(Timestamp|Duration|FieldMask|(Bool|String|Bytes|U?Int32|U?Int64|Float|Double)Value)$/;

/** What of an HTTP request becomes the message. */
export interface RequestParts {
  readonly bindings: readonly PathBinding[];
  readonly query: URLSearchParams;
  /** Undefined when the request has none. */
  readonly body: JsonValue | undefined;
}

/**
 * Builds the request message of a method: the body first, then what the path says, then the query.
 *
 * @param bodyRule - `body` of the HttpRule: `*`, the name of a field, or empty for no body.
 * @throws {PdpError} REQUEST_INVALID for anything unknown, doubled, contradictory or of another type.
 */
export function requestMessage(
  message: DescMessage,
  bodyRule: string,
  { bindings, query, body }: RequestParts,
): Message {
  const json = jsonOfBody(message, bodyRule, body);
  for (const { fieldPath, text } of bindings) place(message, json, fieldPath, [text]);

  const bound = new Set(bindings.map(({ fieldPath }) => fieldPath.join(".")));
  const given = new Set<string>();
  for (const name of new Set(query.keys())) {
    const fields = bodyRule === "*" ? undefined : fieldsAt(message, name.split("."));
    const path = fields?.map((field) => field.name).join(".") ?? name;
    const isElsewhere = bound.has(path) || (bodyRule !== "" && fields?.[0]?.name === bodyRule);
    if (!fields || isElsewhere || !isParameter(fields.at(-1))) {
      throw invalidField(name, `is not a query parameter here${hint(message, bodyRule, bound)}`);
    }
    if (given.has(path)) throw invalidField(path, "is given twice");
    given.add(path);
    place(message, json, path.split("."), query.getAll(name));
  }
  return messageFromJson(message, json);
}

function jsonOfBody(message: DescMessage, rule: string, body: JsonValue | undefined): JsonObject {
  if (rule === "" || body === undefined) return {};
  if (rule === "*") {
    if (isObject(body)) return body;
    throw invalidField("body", "must be a JSON object");
  }
  return { [fieldNamed(message, rule)?.jsonName ?? rule]: body };
}

/** The fields along a dotted name; undefined when it names none. */
function fieldsAt(message: DescMessage, names: readonly string[]): DescField[] | undefined {
  const fields: DescField[] = [];
  let within: DescMessage | undefined = message;
  for (const name of names) {
    const field: DescField | undefined = within && fieldNamed(within, name);
    if (!field) return undefined;
    fields.push(field);
    const goesOn: boolean = field.fieldKind === "message" && !hasCustomJson(field.message);
    within = goesOn ? field.message : undefined;
  }
  return fields;
}

/** Whether a query can say it. Not Struct and the like: they have no text form, and repeated messages none there. */
export function isParameter(field: DescField | undefined): boolean {
  switch (field?.fieldKind) {
    case "scalar":
    case "enum":
      return true;
    case "list":
      return field.listKind !== "message";
    case "message":
      return TEXT_FORM.test(field.message.typeName);
    case "map":
    case undefined:
      return false;
  }
}

function hint(message: DescMessage, bodyRule: string, bound: ReadonlySet<string>): string {
  if (bodyRule === "*") return ": the body carries every field";
  const names = message.fields
    .map((field) => field.name)
    .filter((name) => name !== bodyRule && !bound.has(name));
  return names.length === 0 ? ": there is none" : `: known are ${names.join(", ")}`;
}

/** Puts text into `json` where `names` says. What the body already says there must be the same. */
function place(
  message: DescMessage,
  json: JsonObject,
  names: readonly string[],
  texts: readonly string[],
): void {
  const path = names.join(".");
  const fields = fieldsAt(message, names);
  const leaf = fields?.at(-1);
  if (!fields || !leaf) throw invalidField(path, "is unknown");
  if (leaf.fieldKind !== "list" && texts.length > 1) throw invalidField(path, "is given twice");

  let within = json;
  for (const field of fields.slice(0, -1)) {
    const key = keyOf(within, field);
    const inner = within[key] ?? {};
    if (!isObject(inner)) throw invalidField(field.name, "must be a JSON object");
    within[key] = inner;
    within = inner;
  }
  const values = texts.map((text) => valueOf(leaf, text, path));
  const value = leaf.fieldKind === "list" ? values : (values[0] ?? null);
  const key = keyOf(within, leaf);
  const before = Object.hasOwn(within, key) ? within[key] : undefined;
  if (before !== undefined && before !== "" && before !== value) {
    throw invalidField(path, "must be absent from the body, or the same as in the path");
  }
  within[key] = value;
}

function inLowerCamelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, next: string) => next.toUpperCase());
}

function keyOf(json: JsonObject, field: DescField): string {
  return Object.hasOwn(json, field.name) ? field.name : field.jsonName;
}

/** Text of a path or query as the JSON value that ProtoJSON has for the field. */
function valueOf(field: DescField, text: string, path: string): JsonValue {
  if (field.enum) return /^-?\d+$/.test(text) ? Number(text) : text;
  // The names of the proto file are read too, here as everywhere.
  if (field.message?.typeName === "google.protobuf.FieldMask") return inLowerCamelCase(text);
  const scalar = field.scalar ?? wrappedScalar(field.message);
  switch (scalar) {
    case ScalarType.BOOL:
      if (text !== "true" && text !== "false") {
        throw invalidField(path, `must be true or false, got \`${text}\``);
      }
      return text === "true";
    case undefined:
    case ScalarType.STRING:
    case ScalarType.BYTES:
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return text;
    default:
      // Why: the library would read "" and "0x10" as numbers.
      if (!/^-?\d+$/.test(text)) throw invalidField(path, `must be an integer, got \`${text}\``);
      return text;
  }
}

function wrappedScalar(message: DescMessage | undefined): ScalarType | undefined {
  return message && TEXT_FORM.test(message.typeName) && message.typeName.endsWith("Value")
    ? message.fields[0]?.scalar
    : undefined;
}
