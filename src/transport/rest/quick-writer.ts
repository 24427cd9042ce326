import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { hasCustomJson } from "./proto-json.js";
import { notPlain, once, type PlainMessage, quick, refuse } from "./quick-messages.js";

/** Undefined: not for the shortcut. */
export type QuickWriter = (message: PlainMessage) => JsonObject | undefined;

/** Writes a message as ProtoJSON, with every field that it has, also where it is the default. */
export function quickWriter(message: DescMessage): QuickWriter {
  if (hasCustomJson(message)) return () => undefined;
  return quick((plain) => messageWriter(message)(plain));
}

type WriteValue = (value: unknown) => JsonValue;

const messageWriter = once((message: DescMessage): ((plain: PlainMessage) => JsonObject) => {
  const fields = message.fields
    .toSorted((left, right) => left.number - right.number)
    .map((field) => ({
      name: field.jsonName,
      oneof: field.oneof?.localName,
      write: fieldWriter(field),
    }));
  return (plain) => {
    const json: JsonObject = {};
    for (const { name, oneof, write } of fields) {
      const value = oneof === undefined ? plain[name] : memberOf(plain[oneof], name);
      if (value !== undefined) json[name] = write(value);
    }
    return json;
  };
});

function memberOf(oneof: unknown, name: string): unknown {
  const chosen = oneof as { readonly $case: string; readonly value: unknown } | undefined;
  return chosen?.$case === name ? chosen.value : undefined;
}

function fieldWriter(field: DescField): WriteValue {
  switch (field.fieldKind) {
    case "scalar":
      return scalarWriter(field.scalar);
    case "enum":
      return enumWriter(field);
    case "message":
      return submessageWriter(field.message);
    case "list": {
      const write = itemWriter(field);
      return (value) => (value as unknown[]).map(write);
    }
    case "map":
      return field.mapKind === "scalar" ? mapWriter(field.scalar) : refuse;
  }
}

function mapWriter(scalar: ScalarType): WriteValue {
  const write = scalarWriter(scalar);
  return (map) =>
    Object.fromEntries(Object.entries(map as object).map(([key, value]) => [key, write(value)]));
}

function itemWriter(field: DescField & { fieldKind: "list" }): WriteValue {
  switch (field.listKind) {
    case "scalar":
      return scalarWriter(field.scalar);
    case "enum":
      return enumWriter(field);
    case "message":
      return submessageWriter(field.message);
  }
}

function enumWriter({ enum: described }: DescField): WriteValue {
  const names = new Map(described?.values.map(({ number, name }) => [number, name]));
  return (value) => names.get(value as number) ?? refuse();
}

function scalarWriter(scalar: ScalarType): WriteValue {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BOOL:
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return (value) => value as JsonValue;
    case ScalarType.DOUBLE:
      return (value) => (Number.isFinite(value) ? (value as number) : refuse());
    default:
      return refuse;
  }
}

function submessageWriter(message: DescMessage): WriteValue {
  switch (message.typeName) {
    case "google.protobuf.Struct":
    case "google.protobuf.Value":
      return (value) => value as JsonValue;
    case "google.protobuf.Timestamp":
      return timeText;
    default:
      if (message.typeName.startsWith("google.protobuf.")) return refuse;
      return (value) => messageWriter(message)(value as PlainMessage);
  }
}

function timeText(value: unknown): JsonValue {
  if (!(value instanceof Date) || !(value.getTime() >= 0)) throw notPlain;
  return value.toISOString().replace(".000Z", "Z");
}
