import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  ScalarType,
} from "@bufbuild/protobuf";
import { type CommentOf, described } from "./comments.js";

/** How ProtoJSON writes the messages that it does not write as an object of their fields. */
const CUSTOM_SCHEMAS: ReadonlyMap<string, JsonObject> = new Map<string, JsonObject>([
  ["google.protobuf.Timestamp", { type: "string", format: "date-time" }],
  ["google.protobuf.Duration", { type: "string", pattern: "^-?\\d+(\\.\\d{1,9})?s$" }],
  [
    "google.protobuf.FieldMask",
    { type: "string", description: "Names of fields in lowerCamelCase, separated by commas." },
  ],
  ["google.protobuf.Struct", { type: "object" }],
  ["google.protobuf.ListValue", { type: "array" }],
  ["google.protobuf.Value", { description: "Any JSON value." }],
  ["google.protobuf.Any", { type: "object", required: ["@type"] }],
  ["google.protobuf.Empty", { type: "object" }],
]);

/** The schemas of messages and enums, each under its name in `components`, made as they are asked for. */
export interface MessageSchemas {
  /** What ProtoJSON has for the message. */
  ofMessage(message: DescMessage): JsonObject;
  /** What ProtoJSON has for the field, with its comment. */
  ofField(field: DescField): JsonObject;
  /** Everything that was asked for so far, by name in order. */
  components(): JsonObject;
}

export function createMessageSchemas(commentOf: CommentOf): MessageSchemas {
  const made = new Map<string, JsonObject>();

  function component(name: string, make: () => JsonObject): JsonObject {
    if (!made.has(name)) {
      made.set(name, {}); // First, because a message may hold itself.
      made.set(name, make());
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  function ofMessage(message: DescMessage): JsonObject {
    const custom = CUSTOM_SCHEMAS.get(message.typeName) ?? wrapperSchema(message);
    return custom ?? component(nameOf(message), () => objectOf(message));
  }

  function objectOf(message: DescMessage): JsonObject {
    const properties = message.fields.map((field) => [field.jsonName, ofField(field)] as const);
    return {
      type: "object",
      ...described(commentOf(message.typeName)),
      properties: Object.fromEntries(properties),
    };
  }

  function ofEnum(descEnum: DescEnum): JsonObject {
    return component(nameOf(descEnum), () => {
      const values = descEnum.values.map(({ name }) => {
        const comment = commentOf(`${descEnum.typeName}.${name}`);
        return comment === undefined ? `- \`${name}\`` : `- \`${name}\`: ${comment}`;
      });
      const text = [commentOf(descEnum.typeName) ?? "", values.join("\n")].join("\n\n").trim();
      return { type: "string", description: text, enum: descEnum.values.map(({ name }) => name) };
    });
  }

  function ofField(field: DescField): JsonObject {
    const comment = commentOf(`${field.parent.typeName}.${field.name}`);
    const members = field.oneof?.fields.map(({ jsonName }) => jsonName) ?? [];
    const oneof = members.length > 1 ? `At most one of ${members.join(", ")}.` : undefined;
    const text = [comment, oneof].filter((part) => part !== undefined).join(" ");
    // Beside `$ref` a description is allowed since OpenAPI 3.1.
    return { ...described(text), ...valueOf(field) };
  }

  function valueOf(field: DescField): JsonObject {
    switch (field.fieldKind) {
      case "list":
        return { type: "array", items: single(field) };
      case "map":
        return { type: "object", additionalProperties: single(field) };
      case "scalar":
      case "enum":
      case "message":
        return single(field);
    }
  }

  function single(field: DescField): JsonObject {
    if (field.message) return ofMessage(field.message);
    return field.enum ? ofEnum(field.enum) : scalarSchema(field.scalar);
  }

  return {
    ofMessage,
    ofField,
    components: () =>
      Object.fromEntries([...made].sort(([left], [right]) => (left < right ? -1 : 1))),
  };
}

/** `Policy`, `PolicyDiff.Change`: without the package, which all have in common. */
function nameOf({ typeName, file }: DescMessage | DescEnum): string {
  return typeName.slice(file.proto.package.length + 1);
}

function wrapperSchema({ typeName, fields }: DescMessage): JsonObject | undefined {
  const isWrapper = /^google\.protobuf\.\w+Value$/.test(typeName);
  const scalar = isWrapper ? fields[0]?.scalar : undefined;
  return scalar === undefined ? undefined : scalarSchema(scalar);
}

function scalarSchema(scalar: ScalarType): JsonObject {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: "number" };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", minimum: 0, maximum: 2 ** 32 - 1 };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: "string", format: "int64", pattern: "^-?\\d{1,19}$" };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: "string", format: "uint64", pattern: "^\\d{1,20}$" };
  }
}
