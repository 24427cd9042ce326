import type { JsonObject } from "@bufbuild/protobuf";
import type { RouteAlias, RouteDeclaration } from "../route-declaration.js";
import type { Route } from "../route-table.js";
import type { CommentOf } from "./comments.js";
import { declaredOperation } from "./declared-operations.js";
import type { DescribedOperation } from "./described-operation.js";
import { createMessageSchemas } from "./message-schemas.js";
import { rpcOperation } from "./rpc-operations.js";
import { createZodSchemas } from "./zod-schemas.js";

export interface OpenApiSources {
  readonly engineVersion: string;
  /** Families 1 and 2. */
  readonly declared: readonly (RouteDeclaration | RouteAlias)[];
  /** Family 3. */
  readonly rpcs: readonly Route[];
  readonly commentOf: CommentOf;
}

/**
 * The OpenAPI 3.1 description of everything that is served: of each RPC from its descriptor and its
 * comment, of the others from the schemas that validate them.
 */
export function createOpenApiDocument(sources: OpenApiSources): JsonObject {
  const { declared, rpcs, commentOf, engineVersion } = sources;
  const schemas = createMessageSchemas(commentOf);
  const zodSchemas = createZodSchemas();
  const rpcOperations = rpcs.map((route, index) => {
    const before = rpcs.slice(0, index).filter(({ method }) => method === route.method);
    return rpcOperation(route, before.length + 1, { schemas, commentOf });
  });
  const operations = [
    ...declared.map((route) => declaredOperation(route, { schemas: zodSchemas, rpcOperations })),
    ...rpcOperations,
    ...OWN_OPERATIONS,
  ];
  const services = [...new Map(rpcs.map(({ method }) => [method.parent.name, method.parent]))];
  return {
    openapi: "3.1.0",
    info: {
      title: "FLOPY-NET policy engine",
      version: engineVersion,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description: ABOUT,
    },
    servers: [{ url: "/" }],
    tags: [
      {
        name: "FLOPY-NET",
        description: "The endpoints of FLOPY-NET: views of the same use cases.",
      },
      ...services.map(([name, { typeName }]) => ({
        name,
        description: commentOf(typeName) ?? "",
      })),
      { name: "About", description: "What describes this engine." },
    ],
    paths: pathsOf(operations),
    components: {
      schemas: { ...schemas.components(), ...zodSchemas.components(), ...ERROR_SCHEMAS },
      responses: ERROR_RESPONSES,
      parameters: {
        IfMatch: {
          ...{ name: "If-Match", in: "header", schema: { type: "string" } },
          description: "The etag that the policy must still have; 412 when it has another.",
        },
      },
    },
  };
}

/** @throws {Error} Two operations stand in the same place. */
function pathsOf(operations: readonly DescribedOperation[]): JsonObject {
  const paths = new Map<string, Record<string, JsonObject>>();
  // The same path with another name of its variable is the same path to OpenAPI.
  const named = new Map<string, string>();
  for (const { path, httpMethod, operation } of operations) {
    const shape = path.replaceAll(/\{\w+\}/g, "{}");
    const key = named.get(shape) ?? path;
    named.set(shape, key);
    const item = paths.get(key) ?? {};
    paths.set(key, item);
    if (httpMethod in item) throw new Error(`${httpMethod} ${path} is described twice`);
    item[httpMethod] = key === path ? operation : renamed(operation, path, key);
  }
  return Object.fromEntries([...paths].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The operation with the names that `key` has for the variables of `path`. */
function renamed(operation: JsonObject, path: string, key: string): JsonObject {
  const names = (template: string): string[] =>
    [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const other = new Map(names(path).map((name, index) => [name, names(key)[index] ?? name]));
  const parameters = (operation["parameters"] as (JsonObject & { name: string })[]).map(
    (parameter) =>
      parameter["in"] === "path"
        ? { ...parameter, name: other.get(parameter.name) ?? parameter.name }
        : parameter,
  );
  return { ...operation, parameters };
}

const ABOUT = [
  "Three families over the same use cases. Under `/v1/` every RPC of the gRPC API is JSON (ProtoJSON:",
  "lowerCamelCase, the names of the proto files are read too; 64-bit integers are text); unknown fields and",
  "parameters are refused; errors are problem details (RFC 9457). The other paths are those of FLOPY-NET:",
  'unknown parameters are ignored, and errors are `{"error": text}`.',
  "Every answer has `X-Request-Id`, the caller's own where one was sent. Under `/v1/`, `Grpc-Timeout: 500m` sets a",
  "deadline and `Grpc-Metadata-NAME` becomes metadata. What is read with GET is sent as gzip to who asks for it.",
].join("\n");

const ERROR_SCHEMAS = {
  Problem: {
    type: "object",
    description: "Why a call failed (RFC 9457).",
    required: ["type", "title", "status", "detail", "code"],
    properties: {
      type: { const: "about:blank" },
      title: { type: "string" },
      status: { type: "integer", description: "HTTP status." },
      detail: { type: "string", description: "What is wrong, and what to do." },
      code: { type: "string", description: "Name of the gRPC code." },
      reason: { type: "string", description: "What kind of failure, for programs." },
      domain: { type: "string" },
      metadata: { type: "object", additionalProperties: { type: "string" } },
      fieldViolations: {
        type: "array",
        items: {
          type: "object",
          properties: { field: { type: "string" }, description: { type: "string" } },
        },
      },
      requestId: { type: "string", description: "Names the line of the log that says more." },
    },
  },
  Error: {
    type: "object",
    required: ["error"],
    properties: { error: { type: "string" }, request_id: { type: "string" } },
  },
};

const ERROR_RESPONSES = {
  Problem: {
    description: "The call failed.",
    content: {
      "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
    },
  },
  Error: {
    description: "The call failed.",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  },
};

const OWN_OPERATIONS: readonly DescribedOperation[] = [
  ownOperation("/v1/policySchema", "The JSON Schema of policy files, for editors", {
    "application/schema+json": { schema: { type: "object" } },
  }),
  ownOperation("/openapi.json", "This description", {
    "application/json": { schema: { type: "object" } },
  }),
  ownOperation("/docs", "This description for a person", {
    "text/html": { schema: { type: "string" } },
  }),
];

function ownOperation(path: string, summary: string, content: JsonObject): DescribedOperation {
  const operationId = `get_${path.split(/\W+/).filter(Boolean).join("_")}`;
  const responses = { "200": { description: "Done.", content } };
  return {
    ...{ path, httpMethod: "get" },
    operation: { operationId, tags: ["About"], summary, parameters: [], responses },
  };
}
