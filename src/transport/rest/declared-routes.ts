import type { Request, RequestHandler, Response } from "express";
import { invalidField } from "../../application/errors.js";
import { markDecision } from "./access-log.js";
import { openCall } from "./call.js";
import { etagOfHeader } from "./entity-tag.js";
import { readJsonBody } from "./read-body.js";
import { readFields } from "./request-fields.js";
import type { RestUseCases } from "./rest-use-cases.js";
import { sendJson, sendJsonText } from "./send-json.js";
import type { RouteAlias, RouteAnswer, RouteDeclaration } from "./route-declaration.js";

/** What is served under one path: a route by its method. */
type Methods = Map<string, RouteDeclaration | RouteAlias>;

interface Template {
  /** Of each segment: its text, or undefined for a variable. */
  readonly segments: readonly (string | undefined)[];
  readonly names: readonly string[];
  readonly methods: Methods;
}

/**
 * Serves declared routes. Answers every request with a path it knows, and passes the others on;
 * failures are passed to the app's error handler. A path without variables goes before one with.
 *
 * @throws {Error} For a route that is declared twice.
 */
export function createDeclaredRoutes(
  routes: readonly (RouteDeclaration | RouteAlias)[],
  useCases: RestUseCases,
): RequestHandler {
  const { literals, templates } = tableOf(routes);
  const firstSegments = new Set(routes.map(({ path }) => path.split("/", 2)[1]));

  return (request, response, next) => {
    const path = request.path;
    if (!firstSegments.has(path.split("/", 2)[1])) {
      next(); // Nothing of ours begins like this: nearly all of family 3.
      return;
    }
    const literal = literals.get(path);
    const segments = path.split("/");
    const matches = templates.filter((template) => isMatch(template, segments));
    const wanted = request.method === "HEAD" ? "GET" : request.method;
    const candidates = [...(literal ? [literal] : []), ...matches.map(({ methods }) => methods)];
    const route = candidates.find((methods) => methods.has(wanted))?.get(wanted);
    if (!route) {
      if (candidates.length === 0) next();
      else refuseMethod(request, response, candidates);
      return;
    }
    if ("servedAs" in route) {
      request.url = route.servedAs + request.url.slice(path.length);
      next();
      return;
    }
    const template =
      literal?.has(wanted) === true
        ? undefined
        : matches.find((one) => one.methods.get(wanted) === route);
    answer(request, response, route, variablesOf(template, segments)).catch(next);
  };

  async function answer(
    request: Request,
    response: Response,
    route: RouteDeclaration,
    path: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (route.rpc?.startsWith("PolicyDecisionService.") === true) markDecision(response);
    const call = openCall(request, response);
    if (route.rpc !== undefined) useCases.accessControl.check(route.rpc, call);
    const query = route.query && readFields(route.query, queryOf(request, route.query), "query");
    const body =
      route.body && readFields(route.body, await readJsonBody(request, response), "body");
    const etag = etagOfHeader(request.get("if-match")) ?? "";
    const work = route.handle({ path, query, body, etag, call } as never, useCases);
    send(response, route, work instanceof Promise ? await call.unlessAborted(work) : work);
  }
}

function send(response: Response, route: RouteDeclaration, answered: RouteAnswer): void {
  const { status = route.status ?? 200, headers, json, text } = answered;
  response.statusCode = status;
  if (headers) response.set(headers);
  if (text === undefined) sendJson(response, json);
  else sendJsonText(response, text);
}

function tableOf(routes: readonly (RouteDeclaration | RouteAlias)[]): {
  readonly literals: ReadonlyMap<string, Methods>;
  readonly templates: readonly Template[];
} {
  const byPath = new Map<string, Methods>();
  for (const route of routes) {
    const methods = byPath.get(route.path) ?? new Map<string, RouteDeclaration | RouteAlias>();
    if (methods.has(route.method))
      throw new Error(`${route.method} ${route.path} is declared twice`);
    byPath.set(route.path, methods.set(route.method, route));
  }
  const entries = [...byPath];
  return {
    literals: new Map(entries.filter(([path]) => !path.includes("{"))),
    templates: entries.filter(([path]) => path.includes("{")).map(templateOf),
  };
}

function templateOf([path, methods]: [string, Methods]): Template {
  const parts = path.split("/");
  const isVariable = (part: string): boolean => part.startsWith("{");
  return {
    segments: parts.map((part) => (isVariable(part) ? undefined : part)),
    names: parts.filter(isVariable).map((part) => part.slice(1, -1)),
    methods,
  };
}

function isMatch({ segments }: Template, path: readonly string[]): boolean {
  if (segments.length !== path.length) return false;
  return segments.every((segment, index) => {
    const part = path[index] ?? "";
    return segment === undefined ? part !== "" : segment === part;
  });
}

function variablesOf(
  template: Template | undefined,
  path: readonly string[],
): Readonly<Record<string, string>> {
  if (!template) return {};
  const { segments, names } = template;
  const values = path.filter((_part, index) => segments[index] === undefined);
  return Object.fromEntries(
    names.map((name, index) => [name, decodeURIComponent(values[index] ?? "")]),
  );
}

/** Only the parameters that the route knows: the others are ignored, whatever they are. */
function queryOf(
  { url }: Request,
  schema: NonNullable<RouteDeclaration["query"]>,
): Record<string, string> {
  const start = url.indexOf("?");
  if (start === -1) return {};
  const given = new URLSearchParams(url.slice(start));
  const query: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const [value, ...more] = given.getAll(name);
    if (more.length > 0) throw invalidField(name, "must be given once");
    if (value !== undefined) query[name] = value;
  }
  return query;
}

function refuseMethod(request: Request, response: Response, candidates: readonly Methods[]): void {
  const known = new Set(candidates.flatMap((methods) => [...methods.keys()]));
  if (known.has("GET")) known.add("HEAD");
  response.set("Allow", [...known].sort().join(", "));
  if (request.method === "OPTIONS") {
    response.status(204).end();
    return;
  }
  const uses = [...known].filter((method) => method !== "HEAD").sort();
  response
    .status(405)
    .json({ error: `${request.method} is not allowed here: use ${uses.join(" or ")}` });
}
