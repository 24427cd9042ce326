import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";

// The way between JSON and the handlers' messages goes through the descriptors and the wire format,
// which know every construct and every error. This is a shortcut for what nearly all messages are, an
// eighth of the cost: it gives the very same (a property test says so), or nothing.

/** A message as the generated code has it: fields in lowerCamelCase, `$case` and `value` of a oneof. */
export type PlainMessage = Record<string, unknown>;

/** Thrown where the shortcut ends. Made once: a stack costs more than the shortcut saves. */
export const notPlain = new Error("not for the shortcut");

/** Ends the shortcut. */
export function refuse(): never {
  throw notPlain;
}

/** Gives undefined instead of throwing `notPlain`. */
export function quick<From, To>(convert: (from: From) => To): (from: From) => To | undefined {
  return (from) => {
    try {
      return convert(from);
    } catch (error) {
      if (error === notPlain) return undefined;
      throw error;
    }
  };
}

export function once<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

/** What the generated code has for a field that is absent. */
export function defaultOf(field: DescField): () => unknown {
  switch (field.fieldKind) {
    case "list":
      return () => [];
    case "map":
      return () => ({});
    case "message":
      return () => undefined;
    case "enum":
      return isImplicit(field) ? () => 0 : () => undefined;
    case "scalar": {
      const value = isImplicit(field) ? scalarDefault(field.scalar) : undefined;
      return () => value;
    }
  }
}

function scalarDefault(scalar: ScalarType): unknown {
  switch (scalar) {
    case ScalarType.STRING:
      return "";
    case ScalarType.BOOL:
      return false;
    case ScalarType.BYTES:
      return Buffer.alloc(0);
    default:
      return isLong(scalar) ? "0" : 0;
  }
}

/** Whether absence is the same as the default: ProtoJSON then writes the field always. */
function isImplicit(field: DescField): boolean {
  return field.presence === FeatureSet_FieldPresence.IMPLICIT;
}

function isLong(scalar: ScalarType): boolean {
  return [
    ScalarType.INT64,
    ScalarType.UINT64,
    ScalarType.SINT64,
    ScalarType.FIXED64,
    ScalarType.SFIXED64,
  ].includes(scalar);
}
