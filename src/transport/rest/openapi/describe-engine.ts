import type { FileRegistry, JsonObject } from "@bufbuild/protobuf";
import { PROTO_COMMENTS } from "../../../gen/proto-comments.js";
import { SERVICE_DEFINITIONS } from "../../service-definitions.js";
import { DECLARED_ROUTES } from "../declared-route-list.js";
import { type Route, routesOf } from "../route-table.js";
import { createOpenApiDocument } from "./openapi-document.js";

/** The OpenAPI document of this engine. Costs some milliseconds. */
export function describeEngine(registry: FileRegistry, engineVersion: string): JsonObject {
  return createOpenApiDocument({
    engineVersion,
    declared: DECLARED_ROUTES,
    rpcs: servedRpcs(registry),
    commentOf: (fullName) => PROTO_COMMENTS[fullName],
  });
}

/** Every way to call an RPC of the services that are served. */
export function servedRpcs(registry: FileRegistry): readonly Route[] {
  return Object.keys(SERVICE_DEFINITIONS).flatMap((name) => {
    const methods = registry.getService(name)?.methods ?? [];
    return methods.flatMap((method) => routesOf(registry, method));
  });
}
