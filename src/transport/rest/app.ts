import express, { type ErrorRequestHandler, type Express } from "express";
import type { EngineStatus } from "../../application/engine-status.js";
import type { PolicyCatalog } from "../../application/policy-catalog.js";
import type { Log } from "../../application/ports/log.js";
import type { EventFeed } from "../../application/subscribe-to-events.js";
import { rpcStatusOf } from "../convert-error.js";
import { createDescriptorRegistry } from "../descriptors.js";
import type { HandlersByService, ServiceName } from "../handlers.js";
import { SERVICE_DEFINITIONS } from "../service-definitions.js";
import { requestIdOf } from "./access-log.js";
import { createDocumentedRoutes } from "./documented-routes.js";
import { createHttpManners } from "./http-manners.js";
import { createPolicySchemaRoute } from "./policy-schema-route.js";
import { callProblem, httpProblem, RequestRefused, sendProblem } from "./problem.js";
import { createTranscoder } from "./transcoder.js";

export interface RestAppDeps {
  readonly handlers: HandlersByService;
  readonly policyCatalog: PolicyCatalog;
  readonly eventFeed: EventFeed;
  readonly status: () => EngineStatus;
  /** The JSON Schema of policy files. */
  readonly policySchema: () => object;
  readonly log: Log;
  /** What the server is bound to. */
  readonly host: string;
  readonly compat: "documented" | "flopynet-1.0";
  /** Origins of web pages that may call. */
  readonly corsOrigins: readonly string[];
}

/**
 * REST: the documented endpoints, then the gRPC API as JSON under `/v1`. Whatever happens, the answer
 * is JSON: problem+json under `/v1`, `{"error": text}` elsewhere.
 */
export function createRestApp(deps: RestAppDeps): Express {
  const { handlers, log } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // An answer is of its moment: nothing here is worth a 304.

  app.use(
    createHttpManners({
      ...{ log, host: deps.host, corsOrigins: deps.corsOrigins },
      anyOriginMayGet: deps.compat === "flopynet-1.0",
    }),
  );
  app.use(createDocumentedRoutes(deps));
  app.use(createPolicySchemaRoute(deps.policySchema));
  app.use(
    createTranscoder({
      registry: createDescriptorRegistry(),
      services: Object.entries(SERVICE_DEFINITIONS).map(([name, definition]) => ({
        definition,
        handlers: handlers[name as ServiceName],
      })),
      log,
    }),
  );
  app.use((request) => {
    throw new RequestRefused(httpProblem(404, `nothing is served at ${request.path}`));
  });
  app.use(createErrorAnswer(log));
  return app;
}

function createErrorAnswer(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const problem =
      error instanceof RequestRefused
        ? error.problem
        : callProblem(rpcStatusOf(error, log, requestIdOf(response)));
    if (request.path === "/v1" || request.path.startsWith("/v1/")) {
      sendProblem(response, problem);
      return;
    }
    const { detail, requestId } = problem;
    response
      .status(problem.status)
      .json({ error: detail, ...(requestId !== undefined && { request_id: requestId }) });
  };
}
