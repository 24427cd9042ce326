import express, { type ErrorRequestHandler, type Express } from "express";
import type { Log } from "../../application/ports/log.js";
import { rpcStatusOf } from "../convert-error.js";
import { createDescriptorRegistry } from "../descriptors.js";
import type { HandlersByService, ServiceName } from "../handlers.js";
import { SERVICE_DEFINITIONS } from "../service-definitions.js";
import { requestIdOf } from "./access-log.js";
import { createDeclaredRoutes } from "./declared-routes.js";
import { DECLARED_ROUTES } from "./declared-route-list.js";
import { createHttpManners } from "./http-manners.js";
import { inTurn } from "./in-turn.js";
import { describeEngine } from "./openapi/describe-engine.js";
import { createOpenApiRoutes } from "./openapi/openapi-routes.js";
import { createPolicySchemaRoute } from "./policy-schema-route.js";
import { callProblem, httpProblem, RequestRefused, sendProblem } from "./problem.js";
import { COMPAT, type RestUseCases } from "./rest-use-cases.js";
import { createTranscoder } from "./transcoder.js";

export interface RestAppDeps {
  readonly handlers: HandlersByService;
  /** What families 1 and 2 show. */
  readonly useCases: RestUseCases;
  /** The JSON Schema of policy files. */
  readonly policySchema: () => object;
  readonly engineVersion: string;
  readonly log: Log;
  /** What the server is bound to. */
  readonly host: string;
  /** Origins of web pages that may call. */
  readonly corsOrigins: readonly string[];
}

/**
 * REST: the documented endpoints, then the gRPC API as JSON under `/v1`. Whatever happens, the answer
 * is JSON: problem+json under `/v1`, `{"error": text}` elsewhere.
 */
export function createRestApp(deps: RestAppDeps): Express {
  const { handlers, log } = deps;
  const registry = createDescriptorRegistry();
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // An answer is of its moment: nothing here is worth a 304.

  app.use(
    inTurn([
      createHttpManners({
        ...{ log, host: deps.host, corsOrigins: deps.corsOrigins },
        anyOriginMayGet: COMPAT[deps.useCases.compat].anyOriginMayGet,
      }),
      createDeclaredRoutes(DECLARED_ROUTES, deps.useCases),
      createTranscoder({
        registry,
        services: Object.entries(SERVICE_DEFINITIONS).map(([name, definition]) => ({
          definition,
          handlers: handlers[name as ServiceName],
        })),
        log,
      }),
    ]),
  );
  app.use(createPolicySchemaRoute(deps.policySchema));
  app.use(createOpenApiRoutes(() => describeEngine(registry, deps.engineVersion)));
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
