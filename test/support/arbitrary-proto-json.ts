import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";

const MAX_DEPTH = 3;

/** Which forms of values: any that ProtoJSON allows, or only the plainest of each type. */
type Forms = "any" | "plainest";

/** ProtoJSON that a message can be read from, with some of its fields. */
export function arbitraryProtoJson(
  message: DescMessage,
  forms: Forms = "any",
  depth = MAX_DEPTH,
): fc.Arbitrary<JsonValue> {
  const goesDeeper = ({ fieldKind }: DescField): boolean =>
    fieldKind === "message" || fieldKind === "list";
  const usable = message.fields.filter(
    (field) => (depth > 0 || !goesDeeper(field)) && (forms === "any" || isPlain(field)),
  );
  const json = (field: DescField): fc.Arbitrary<JsonValue> => fieldJson(field, forms, depth);
  const alone = usable.filter((field) => field.oneof === undefined);
  const model = Object.fromEntries(alone.map((field) => [field.jsonName, json(field)]));
  const choices = message.oneofs.map((oneof) => {
    const members = usable.filter((field) => field.oneof === oneof);
    const none = fc.constant<JsonObject>({});
    return fc.oneof(
      none,
      ...members.map((field) => json(field).map((value) => ({ [field.jsonName]: value }))),
    );
  });
  return fc
    .tuple(fc.record(model, { requiredKeys: [] }), ...choices)
    .map((parts) => Object.assign({}, ...parts) as JsonObject);
}

/** Whether its type has a form that is the plainest: text has, a 64-bit integer has not. */
function isPlain(field: DescField): boolean {
  if (field.fieldKind === "map") return false;
  if (field.message) {
    const { typeName } = field.message;
    return !typeName.startsWith("google.protobuf.") || typeName === "google.protobuf.Struct";
  }
  if (field.enum) return field.fieldKind === "enum";
  return PLAIN_SCALARS.has(field.scalar);
}

const PLAIN_SCALARS = new Set([
  ScalarType.STRING,
  ScalarType.BOOL,
  ScalarType.DOUBLE,
  ScalarType.INT32,
  ScalarType.UINT32,
]);

function fieldJson(field: DescField, forms: Forms, depth: number): fc.Arbitrary<JsonValue> {
  switch (field.fieldKind) {
    case "scalar":
      return scalarJson(field.scalar, forms);
    case "enum":
      return enumJson(field, forms);
    case "message":
      return messageJson(field.message, forms, depth);
    case "map":
      return fc.constant({}); // Filled ones are in no particular order.
    case "list":
      return fc.array(itemJson(field, forms, depth), { maxLength: 3 });
  }
}

function itemJson(
  field: DescField & { fieldKind: "list" },
  forms: Forms,
  depth: number,
): fc.Arbitrary<JsonValue> {
  switch (field.listKind) {
    case "scalar":
      return scalarJson(field.scalar, forms);
    case "enum":
      return enumJson(field, forms);
    case "message":
      return messageJson(field.message, forms, depth);
  }
}

function enumJson({ enum: described }: DescField, forms: Forms): fc.Arbitrary<JsonValue> {
  const values = described?.values ?? [];
  const written = values.flatMap(({ name, number }) => (forms === "any" ? [name, number] : [name]));
  return fc.constantFrom(...written);
}

function messageJson(message: DescMessage, forms: Forms, depth: number): fc.Arbitrary<JsonValue> {
  switch (message.typeName) {
    case "google.protobuf.Struct":
      return fc.dictionary(text, freeJson, { maxKeys: 3 });
    case "google.protobuf.Value":
      return freeJson;
    case "google.protobuf.Timestamp":
      return fc.oneof(
        fc.constant("2026-01-31T12:00:00Z"),
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map(isoTime),
      );
    case "google.protobuf.FieldMask":
      return fc.constantFrom("", "name", "name,onError");
    default:
      return arbitraryProtoJson(message, forms, depth - 1);
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

function scalarJson(scalar: ScalarType, forms: Forms): fc.Arbitrary<JsonValue> {
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
      return forms === "any"
        ? fc.oneof(fc.integer(), fc.integer().map(String), fc.constant(-0))
        : fc.oneof(fc.integer(), fc.constant(-0));
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
