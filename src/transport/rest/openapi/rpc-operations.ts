import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { etagPath } from "../entity-tag.js";
import { STREAM_FORMATS } from "../event-stream.js";
import type { PathTemplate } from "../http-rule.js";
import { fieldNamed, hasCustomJson } from "../proto-json.js";
import { isParameter } from "../request-message.js";
import type { Route } from "../route-table.js";
import { type CommentOf, described, summarised } from "./comments.js";
import type { MessageSchemas } from "./message-schemas.js";
import type { DescribedOperation } from "./described-operation.js";

/** Deeper parameters are not listed: messages may hold themselves. */
const MAX_PARAMETER_DEPTH = 3;

export interface RpcOperationsDeps {
  readonly schemas: MessageSchemas;
  readonly commentOf: CommentOf;
}

/**
 * One way to call an RPC, as OpenAPI has it.
 *
 * @param ordinal - Which of the ways to call it, from 1.
 */
export function rpcOperation(
  route: Route,
  ordinal: number,
  { schemas, commentOf }: RpcOperationsDeps,
): DescribedOperation {
  const { method, template, bodyRule } = route;
  const service = method.parent.name;
  const { path, pathParameters } = pathOf(template, method.input);
  return {
    path,
    httpMethod: route.httpMethod.toLowerCase(),
    operation: {
      operationId: `${service}_${method.name}${ordinal === 1 ? "" : `_${ordinal}`}`,
      tags: [service],
      ...summarised(commentOf(`${method.parent.typeName}.${method.name}`)),
      parameters: [
        ...pathParameters.map(({ name, field }) => ({
          ...{ name, in: "path", required: true },
          ...parameterSchema(field, schemas),
        })),
        ...queryParameters(route).map(({ name, field }) => ({
          ...{ name, in: "query" },
          ...parameterSchema(field, schemas),
        })),
        ...headerParameters(method.input),
      ],
      ...(bodyRule !== "" && { requestBody: { content: { "application/json": bodyOf(route) } } }),
      responses: { "200": answerOf(route), default: { $ref: "#/components/responses/Problem" } },
    },
  };

  function bodyOf({ bodyRule }: Route): JsonObject {
    const field = bodyRule === "*" ? undefined : fieldNamed(method.input, bodyRule);
    return { schema: field ? schemas.ofField(field) : schemas.ofMessage(method.input) };
  }

  function answerOf({ responseBody }: Route): JsonObject {
    const field = responseBody === "" ? undefined : fieldNamed(method.output, responseBody);
    const schema = field ? schemas.ofField(field) : schemas.ofMessage(method.output);
    const types = isStream()
      ? STREAM_FORMATS.map(({ contentType }) => contentType)
      : ["application/json"];
    return {
      description: commentOf(method.output.typeName) ?? "The answer.",
      content: Object.fromEntries(types.map((type) => [type, { schema }])),
    };
  }

  function isStream(): boolean {
    return method.methodKind === "server_streaming";
  }
}

interface Parameter {
  readonly name: string;
  readonly field: DescField;
}

/** OpenAPI has no variable of many segments: each of them gets a name of its own. */
function pathOf(
  { segments, variables, verb }: PathTemplate,
  input: DescMessage,
): { path: string; pathParameters: Parameter[] } {
  const pathParameters: Parameter[] = [];
  const parts = segments.map((segment, index) => {
    if (segment.kind === "literal") return segment.text;
    const variable = variables.find(({ start, end }) => start <= index && index < end);
    const fieldPath = variable?.fieldPath ?? [];
    const field = fieldAt(input, fieldPath);
    if (!variable || !field) throw new Error(`segment ${index} of a path is no variable`);
    const base = fieldPath.join("_");
    const name = variable.end - variable.start > 1 ? `${base}_${index - variable.start}` : base;
    pathParameters.push({ name, field });
    return `{${name}}`;
  });
  return { path: `/${parts.join("/")}${verb === "" ? "" : `:${verb}`}`, pathParameters };
}

function fieldAt(
  message: DescMessage,
  [name = "", ...rest]: readonly string[],
): DescField | undefined {
  const field = fieldNamed(message, name);
  return rest.length === 0 || !field?.message ? field : fieldAt(field.message, rest);
}

/** What a query may hold: every field that neither the path nor the body says. */
function queryParameters({ method, template, bodyRule }: Route): Parameter[] {
  if (bodyRule === "*") return [];
  const bound = new Set(template.variables.map(({ fieldPath }) => fieldPath.join(".")));
  return parametersOf(method.input, "", 1).filter(
    ({ name }) => !bound.has(name) && name.split(".")[0] !== bodyRule,
  );
}

function parametersOf(message: DescMessage, prefix: string, depth: number): Parameter[] {
  return message.fields.flatMap((field) => {
    const name = `${prefix}${field.name}`;
    if (isParameter(field)) return [{ name, field }];
    const goesOn = field.fieldKind === "message" && !hasCustomJson(field.message);
    if (!goesOn || depth === MAX_PARAMETER_DEPTH) return [];
    return parametersOf(field.message, `${name}.`, depth + 1);
  });
}

function parameterSchema(field: DescField, schemas: MessageSchemas): JsonObject {
  const { description, ...schema } = schemas.ofField(field);
  return { ...described(typeof description === "string" ? description : undefined), schema };
}

function headerParameters(input: DescMessage): JsonValue[] {
  return etagPath(input) ? [{ $ref: "#/components/parameters/IfMatch" }] : [];
}
