import { type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

const MAX_DEPTH = 3;

/** ProtoJSON that a message can be read from: every field or none, in every form that is allowed. */
export function arbitraryProtoJson(message: DescMessage, depth = MAX_DEPTH): fc.Arbitrary<object> {
  const taken = new Set<string>();
  const model: Record<string, fc.Arbitrary<JsonValue>> = {};
  for (const field of message.fields) {
    const oneof = field.oneof?.name;
    const goesDeeper = field.fieldKind === "message" || field.fieldKind === "list";
    if (goesDeeper && depth === 0) continue;
    if (oneof !== undefined && taken.has(oneof)) continue;
    if (oneof !== undefined) taken.add(oneof);
    model[field.jsonName] = fieldJson(field, depth);
  }
  return fc.record(model, { requiredKeys: [] });
}

function fieldJson(field: DescField, depth: number): fc.Arbitrary<JsonValue> {
  switch (field.fieldKind) {
    case "scalar":
      return scalarJson(field.scalar);
    case "enum":
      return enumJson(field);
    case "message":
      return messageJson(field.message, depth);
    case "map":
      return fc.constant({}); // Filled ones are in no particular order.
    case "list":
      if (field.listKind === "scalar") return fc.array(scalarJson(field.scalar), { maxLength: 3 });
      if (field.listKind === "enum") return fc.array(enumJson(field), { maxLength: 3 });
      return fc.array(messageJson(field.message, depth), { maxLength: 3 });
  }
}

function enumJson({ enum: described }: DescField): fc.Arbitrary<JsonValue> {
  const values = described?.values ?? [];
  return fc.constantFrom(...values.flatMap(({ name, number }) => [name, number]));
}

function messageJson(message: DescMessage, depth: number): fc.Arbitrary<JsonValue> {
  switch (message.typeName) {
    case "google.protobuf.Struct":
      return fc.dictionary(text, freeJson, { maxKeys: 3 });
    case "google.protobuf.Value":
      return freeJson;
    case "google.protobuf.Timestamp":
      return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map(isoTime);
    case "google.protobuf.FieldMask":
      return fc.constantFrom("", "name", "name,onError");
    default:
      return arbitraryProtoJson(message, depth - 1) as fc.Arbitrary<JsonValue>;
  }
}

const isoTime = (date: Date): string => date.toISOString();

const text = fc.string({ unit: "grapheme", maxLength: 8 }).filter((key) => key !== "__proto__");

const freeJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    text,
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3 }),
  ),
})).value;

function scalarJson(scalar: ScalarType): fc.Arbitrary<JsonValue> {
  switch (scalar) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.base64String({ maxLength: 8 });
    case ScalarType.DOUBLE:
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case ScalarType.FLOAT:
      return fc.float({ noNaN: true, noDefaultInfinity: true });
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.oneof(fc.integer(), fc.integer().map(String), fc.constant(-0));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.nat(2 ** 32 - 1);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
  }
}
