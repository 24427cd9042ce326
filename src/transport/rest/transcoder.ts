import type { FileRegistry, JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Request, RequestHandler, Response } from "express";
import type { Log } from "../../application/ports/log.js";
import { rpcStatusOf } from "../convert-error.js";
import { markDecision, requestIdOf } from "./access-log.js";
import { CallAborted, openCall } from "./call.js";
import { bindingOfIfMatch, entityTagOf } from "./entity-tag.js";
import { STREAM_FORMATS, type StreamFormat, withLastEventId } from "./event-stream.js";
import { callProblem, httpProblem, type Problem, RequestRefused, sendProblem } from "./problem.js";
import { fieldNamed } from "./proto-json.js";
import { readJsonBody } from "./read-body.js";
import { createRouteTable, type Route, type RouteMatch } from "./route-table.js";
import { bindRpcs, type Rpc, type TranscodedService } from "./rpc-binding.js";
import { sendJson } from "./send-json.js";
import { answerStream, createStreamWriter, type StreamWriter } from "./stream-response.js";

const DECISION_SERVICE = "flopynet.policy.v1.PolicyDecisionService.";

export interface TranscoderDeps {
  readonly registry: FileRegistry;
  readonly services: readonly TranscodedService[];
  readonly log: Log;
}

/**
 * Serves gRPC methods as HTTP with JSON, as their `google.api.http` annotations say: the same
 * handlers, in process. Answers every request with a path it knows, and passes the others on.
 *
 * @throws {Error} For a wrong annotation, or a method without handler.
 */
export function createTranscoder({ registry, services, log }: TranscoderDeps): RequestHandler {
  const bound = services.flatMap((service) => bindRpcs(registry, service));
  const rpcs = new Map(bound.map((rpc) => [rpc.method, rpc]));
  const routes = createRouteTable(registry, [...rpcs.keys()]);

  return (request, response, next) => {
    const match = routes.find(request.method, pathOf(request));
    if (match.kind === "other-method") {
      refuseMethod(request, response, match.allow);
      return;
    }
    const rpc = match.kind === "found" ? rpcs.get(match.route.method) : undefined;
    if (match.kind === "unknown" || !rpc) {
      next();
      return;
    }
    const format = rpc.handler.kind === "server-stream" ? streamFormatOf(request) : undefined;
    answer(request, response, match, rpc, format).catch((error: unknown) => {
      fail(response, problemOf(error, log, requestIdOf(response)), format);
    });
  };
}

async function answer(
  request: Request,
  response: Response,
  { route, bindings }: Extract<RouteMatch, { kind: "found" }>,
  rpc: Rpc,
  format: StreamFormat | undefined,
): Promise<void> {
  if (rpc.name.startsWith(DECISION_SERVICE)) markDecision(response);
  const call = openCall(request, response);
  const body = route.bodyRule === "" ? undefined : await readJsonBody(request, response);
  const query = withLastEventId(rpc.name, queryOf(request), request.get("last-event-id"));
  const ifMatch = bindingOfIfMatch(rpc.method.input, request.get("if-match"));
  const parts = { bindings: [...bindings, ...ifMatch], query, body };
  const asked = rpc.readRequest(route.bodyRule, parts);

  switch (rpc.handler.kind) {
    case "unary": {
      const work = rpc.handler.handle(asked, call);
      const message: unknown = work instanceof Promise ? await call.unlessAborted(work) : work;
      const json = rpc.responseJson(message as never);
      const entityTag = entityTagOf(json);
      if (entityTag !== undefined) response.set("ETag", entityTag);
      sendJson(response, answeredPart(route, json));
      return;
    }
    case "server-stream": {
      if (!format) throw new RequestRefused(httpProblem(406, `a stream is given as ${TYPES}`));
      const { handle } = rpc.handler;
      const writer = writerOf(route, rpc, format);
      await answerStream(response, writer, call, (sink) => handle(asked, call, sink));
      return;
    }
    case "bidi":
      throw new Error(`${rpc.name} streams both ways, which HTTP cannot`);
  }
}

/** What `response_body` names of a response, or the whole. */
function answeredPart({ responseBody, method }: Route, json: JsonObject): JsonValue {
  const field = responseBody === "" ? undefined : fieldNamed(method.output, responseBody);
  return field ? (json[field.jsonName] ?? null) : json;
}

const writers = new WeakMap<Route, Map<StreamFormat, StreamWriter>>();

function writerOf(route: Route, rpc: Rpc, format: StreamFormat): StreamWriter {
  const ofRoute = writers.get(route) ?? new Map<StreamFormat, StreamWriter>();
  writers.set(route, ofRoute);
  const writer =
    ofRoute.get(format) ?? createStreamWriter(format, rpc, (json) => answeredPart(route, json));
  ofRoute.set(format, writer);
  return writer;
}

const TYPES = STREAM_FORMATS.map(({ contentType }) => contentType).join(", ");

function streamFormatOf(request: Request): StreamFormat | undefined {
  const type = request.accepts(STREAM_FORMATS.map(({ contentType }) => contentType));
  return STREAM_FORMATS.find(({ contentType }) => contentType === type);
}

function pathOf({ url }: Request): string {
  return url.split("?", 1)[0] ?? "";
}

function queryOf({ url }: Request): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : url.slice(start));
}

/** Undefined when nobody is there to be told. */
function problemOf(error: unknown, log: Log, requestId?: string): Problem | undefined {
  if (error instanceof RequestRefused) return error.problem;
  if (!(error instanceof CallAborted)) return callProblem(rpcStatusOf(error, log, requestId));
  return error.why === "gone" ? undefined : httpProblem(504, error.message);
}

function fail(
  response: Response,
  problem: Problem | undefined,
  format: StreamFormat | undefined,
): void {
  if (!problem) response.destroy();
  else if (!response.headersSent) sendProblem(response, problem);
  else response.end(format?.problem(problem));
}

function refuseMethod(request: Request, response: Response, allow: readonly string[]): void {
  response.set("Allow", allow.join(", "));
  if (request.method === "OPTIONS") {
    response.status(204).end();
    return;
  }
  const detail = `${request.method} is not allowed here: use ${allow.join(" or ")}`;
  sendProblem(response, httpProblem(405, detail));
}
