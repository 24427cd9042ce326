import { type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { hasCustomJson, isObject } from "./proto-json.js";
import { defaultOf, notPlain, once, type PlainMessage, quick, refuse } from "./quick-messages.js";

/** Undefined: not for the shortcut, right or wrong. */
export type QuickReader = (json: JsonValue) => PlainMessage | undefined;

/**
 * Reads ProtoJSON whose keys are known and given once, with values of the plainest type: text,
 * booleans, numbers that fit, enums by name, free objects, and messages and lists of those. What was
 * read must have been through `parseJsonBody`.
 */
export function quickReader(message: DescMessage): QuickReader {
  if (hasCustomJson(message)) return () => undefined;
  return quick((json) => messageReader(message)(json));
}

type ReadValue = (json: JsonValue) => unknown;

interface FieldReader {
  readonly local: string;
  /** Where the field is a member of a oneof: the property that holds it. */
  readonly oneof: string | undefined;
  readonly read: ReadValue;
}

const messageReader = once((message: DescMessage): ((json: JsonValue) => PlainMessage) => {
  const fields = new Map<string, FieldReader>();
  for (const field of message.fields) {
    const reader = {
      local: field.jsonName,
      oneof: field.oneof?.localName,
      read: fieldReader(field),
    };
    fields.set(field.name, reader).set(field.jsonName, reader);
  }
  const defaults = message.fields
    .filter((field) => field.oneof === undefined)
    .map((field) => [field.jsonName, defaultOf(field)] as const);

  return (json) => {
    if (!isObject(json)) throw notPlain;
    const read: PlainMessage = {};
    for (const [local, make] of defaults) read[local] = make();
    const seen = new Set<string>();
    for (const key of Object.keys(json)) {
      const field = fields.get(key);
      const place = field?.oneof ?? field?.local;
      if (!field || place === undefined || seen.has(place)) throw notPlain;
      seen.add(place);
      const value = json[key] ?? null;
      if (value === null) throw notPlain; // Absent, or a NullValue: the descriptors know.
      read[place] =
        field.oneof === undefined
          ? field.read(value)
          : { $case: field.local, value: field.read(value) };
    }
    return read;
  };
});

function fieldReader(field: DescField): ReadValue {
  switch (field.fieldKind) {
    case "scalar":
      return scalarReader(field.scalar);
    case "enum": {
      const numbers = new Map(field.enum.values.map(({ name, number }) => [name, number]));
      return (json) => (typeof json === "string" ? numbers.get(json) : undefined) ?? refuse();
    }
    case "message":
      return submessageReader(field.message);
    case "list": {
      const read = field.listKind === "message" ? submessageReader(field.message) : undefined;
      const readOne = field.listKind === "scalar" ? scalarReader(field.scalar) : read;
      return (json) => (Array.isArray(json) && readOne ? json.map(readOne) : refuse());
    }
    case "map":
      return refuse;
  }
}

function submessageReader(message: DescMessage): ReadValue {
  if (message.typeName === "google.protobuf.Struct") return freeObject;
  if (message.typeName.startsWith("google.protobuf.")) return refuse;
  return (json) => messageReader(message)(json); // When it is needed: messages hold each other.
}

function scalarReader(scalar: ScalarType): ReadValue {
  switch (scalar) {
    case ScalarType.STRING:
      return (json) => (typeof json === "string" ? json : refuse());
    case ScalarType.BOOL:
      return (json) => (typeof json === "boolean" ? json : refuse());
    case ScalarType.DOUBLE:
      return (json) => (typeof json === "number" ? json : refuse());
    case ScalarType.INT32:
      return (json) => (json === Number(json) && (json | 0) === json ? json | 0 : refuse());
    case ScalarType.UINT32:
      return (json) => (json === Number(json) && json >>> 0 === json ? json >>> 0 : refuse());
    default:
      return refuse;
  }
}

/** Without a prototype, as the generated code has them: no name of Object's is in it. */
function freeObject(json: JsonValue): PlainMessage {
  if (!isObject(json)) throw notPlain;
  const free = Object.create(null) as PlainMessage;
  for (const key of Object.keys(json)) free[key] = freeValue(json[key] ?? null);
  return free;
}

function freeValue(json: JsonValue): unknown {
  if (typeof json !== "object" || json === null) return json;
  return Array.isArray(json) ? json.map(freeValue) : freeObject(json);
}
