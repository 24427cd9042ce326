import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { RouteAlias, RouteDeclaration, RouteOrigin } from "../route-declaration.js";
import type { DescribedOperation } from "./described-operation.js";
import type { ZodSchemas } from "./zod-schemas.js";

const ORIGINS: Readonly<Record<RouteOrigin, string>> = {
  documented: "FLOPY-NET documents this.",
  served: "FLOPY-NET's own policy engine serves this, and its clients call it.",
  called: "FLOPY-NET's clients call this; its own policy engine does not serve it.",
  described: "Other pages of FLOPY-NET tell of this.",
};
const TAG = "FLOPY-NET";

/**
 * A declared route as OpenAPI has it, its schemas made of those that validate it.
 *
 * @param rpcOperations - Of which some routes are another path.
 */
export function declaredOperation(
  route: RouteDeclaration | RouteAlias,
  {
    schemas,
    rpcOperations,
  }: { readonly schemas: ZodSchemas; readonly rpcOperations: readonly DescribedOperation[] },
): DescribedOperation {
  const { method, path, origin, summary } = route;
  const common = {
    operationId: operationId(method, path),
    tags: [TAG],
    summary,
    description: ORIGINS[origin],
    "x-origin": origin,
  };
  const described = { path, httpMethod: method.toLowerCase() };
  if ("servedAs" in route) {
    const same = rpcOperations.find(
      (one) => one.path === route.servedAs && one.httpMethod === described.httpMethod,
    );
    if (!same) throw new Error(`${path} is served as ${route.servedAs}, which nothing serves`);
    const { parameters, responses } = same.operation;
    return { ...described, operation: { ...common, parameters, responses } as JsonObject };
  }
  const { query, body, answer, status = 200 } = route;
  const content = answer && { content: { "application/json": { schema: schemas.of(answer) } } };
  return {
    ...described,
    operation: {
      ...common,
      parameters: [...pathParameters(path), ...(query ? queryParameters(schemas.of(query)) : [])],
      ...(body && {
        requestBody: { content: { "application/json": { schema: schemas.of(body) } } },
      }),
      responses: {
        [status]: { description: "Done.", ...content },
        default: { $ref: "#/components/responses/Error" },
      },
    },
  };
}

/** `GET /policies/{id}` -> `get_policies_id`. */
function operationId(method: string, path: string): string {
  const words = path.split(/\W+/).filter((word) => word !== "");
  return [method.toLowerCase(), ...words].join("_");
}

function pathParameters(path: string): JsonValue[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ name, in: "path", required: true },
    schema: { type: "string" },
  }));
}

function queryParameters(query: JsonObject): JsonValue[] {
  const { properties = {} } = query as { properties?: Record<string, JsonObject> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: "query" },
    ...(description !== undefined && { description }),
    schema,
  }));
}
