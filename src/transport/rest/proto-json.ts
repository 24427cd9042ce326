import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { PdpError } from "../../application/errors.js";
import type { FieldViolation } from "../../core/request.js";

const MAX_SHOWN = 60;

/** Messages that ProtoJSON writes as text or as free JSON, with what a person should write. */
const CUSTOM_JSON = new Map([
  ["google.protobuf.Timestamp", "a time such as `2026-01-31T12:00:00Z`"],
  ["google.protobuf.Duration", "a duration such as `1.5s`"],
  ["google.protobuf.FieldMask", "field names in lowerCamelCase, separated by commas"],
  ["google.protobuf.Struct", "a JSON object"],
  ["google.protobuf.ListValue", "a JSON array"],
  ["google.protobuf.Value", "a JSON value"],
  ["google.protobuf.Any", "a JSON object with `@type`"],
  ["google.protobuf.BoolValue", "true or false"],
  ["google.protobuf.StringValue", "a string"],
  ["google.protobuf.BytesValue", "base64 text"],
  ["google.protobuf.Int32Value", "a 32-bit integer"],
  ["google.protobuf.UInt32Value", "an unsigned 32-bit integer"],
  ["google.protobuf.Int64Value", "a 64-bit integer"],
  ["google.protobuf.UInt64Value", "an unsigned 64-bit integer"],
  ["google.protobuf.FloatValue", "a number"],
  ["google.protobuf.DoubleValue", "a number"],
]);

/** Whether ProtoJSON writes this message otherwise than as an object of its fields. */
export function hasCustomJson(message: DescMessage): boolean {
  return CUSTOM_JSON.has(message.typeName);
}

/** The field with this name, as in the proto file or as in ProtoJSON. */
export function fieldNamed(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name || field.jsonName === name);
}

/**
 * Reads ProtoJSON strictly.
 *
 * @throws {PdpError} REQUEST_INVALID naming the first field that is unknown, given twice or of
 *   another type, as a path of proto names: `items[3].dst_port`.
 */
export function messageFromJson(message: DescMessage, json: JsonValue): Message {
  try {
    return fromJson(message, json);
  } catch {
    // Why a second walk: the library's errors name the field but not the path to it.
    const violation = violationIn(message, json, "");
    throw new PdpError({ reason: "REQUEST_INVALID", violations: [violation] });
  }
}

function violationIn(message: DescMessage, json: JsonValue, path: string): FieldViolation {
  if (!isObject(json)) return violation(path, `must be a JSON object, got ${shown(json)}`);
  const seen = new Set<DescField>();
  for (const [key, value] of Object.entries(json)) {
    const field = fieldNamed(message, key);
    const inner = join(path, field?.name ?? key);
    if (!field)
      return violation(inner, `is unknown: ${message.name} has no such field${known(message)}`);
    if (seen.has(field)) return violation(inner, "is given twice");
    seen.add(field);
    if (!reads(message, { [key]: value })) return violationOfField(field, value, inner);
  }
  return violation(path, "sets more than one field of a oneof");
}

function known({ fields }: DescMessage): string {
  return fields.length === 0 ? "" : `, known are ${fields.map(({ name }) => name).join(", ")}`;
}

function violationOfField(field: DescField, value: JsonValue, path: string): FieldViolation {
  if (field.fieldKind !== "list") return violationOfValue(field, value, path);
  if (!Array.isArray(value)) return violation(path, `must be a JSON array, got ${shown(value)}`);
  const index = value.findIndex((item) => !reads(field.parent, { [field.name]: [item] }));
  return violationOfValue(field, value[index] ?? null, `${path}[${index}]`);
}

function violationOfValue(field: DescField, value: JsonValue, path: string): FieldViolation {
  if (field.fieldKind !== "map" && field.message && !hasCustomJson(field.message)) {
    return violationIn(field.message, value, path);
  }
  return violation(path, `must be ${expected(field)}, got ${shown(value)}`);
}

function reads(message: DescMessage | undefined, json: JsonObject): boolean {
  if (!message) return true;
  try {
    fromJson(message, json);
    return true;
  } catch {
    return false;
  }
}

/** What their type on the wire does not say. */
const PORTS: readonly string[] = ["src_port", "dst_port"];

function expected(field: DescField): string {
  if (PORTS.includes(field.name)) return "an integer from 1 to 65535";
  if (field.fieldKind === "map") return "a JSON object";
  if (field.message) return CUSTOM_JSON.get(field.message.typeName) ?? "a JSON object";
  if (field.enum) return `one of ${field.enum.values.map(({ name }) => name).join(", ")}`;
  switch (field.scalar) {
    case ScalarType.BOOL:
      return "true or false";
    case ScalarType.STRING:
      return "a string";
    case ScalarType.BYTES:
      return "base64 text";
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return "a number";
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return "an integer from -2147483648 to 2147483647";
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return "an integer from 0 to 4294967295";
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return "a 64-bit integer";
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return "an unsigned 64-bit integer";
  }
}

/** Whether this is a JSON object, and not an array or null. */
export function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function shown(json: JsonValue): string {
  const text = JSON.stringify(json);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}...`;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function violation(path: string, rule: string): FieldViolation {
  return { field: path === "" ? "body" : path, rule };
}
