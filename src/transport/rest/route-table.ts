import {
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  getExtension,
  hasExtension,
  type JsonObject,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import {
  compareTemplates,
  matchTemplate,
  parseTemplate,
  type PathBinding,
  type PathTemplate,
} from "./http-rule.js";
import { fieldNamed, isObject } from "./proto-json.js";

/** One way to call a method over HTTP. */
export interface Route {
  /** `GET`, ...; `*` takes any. */
  readonly httpMethod: string;
  readonly template: PathTemplate;
  readonly method: DescMethod;
  /** `*`, the name of a field, or empty: no body. */
  readonly bodyRule: string;
  /** The field of the response that is answered; empty: the whole. */
  readonly responseBody: string;
}

export type RouteMatch =
  | { readonly kind: "found"; readonly route: Route; readonly bindings: readonly PathBinding[] }
  /** The path is known, under these methods. */
  | { readonly kind: "other-method"; readonly allow: readonly string[] }
  | { readonly kind: "unknown" };

export interface RouteTable {
  /** `HEAD` finds what `GET` finds. @throws {URIError} For a malformed percent-encoding. */
  find(httpMethod: string, path: string): RouteMatch;
}

/**
 * The routes that the `google.api.http` annotations of these methods say.
 *
 * @throws {Error} For an annotation that is wrong: it names no field, or its path does not parse.
 */
export function createRouteTable(
  registry: FileRegistry,
  methods: readonly DescMethod[],
): RouteTable {
  const routes = methods
    .flatMap((method) => routesOf(registry, method))
    .sort((left, right) => compareTemplates(left.template, right.template));

  const literals = literalsOf(routes);

  return {
    find(httpMethod, path) {
      const wanted = httpMethod === "HEAD" ? "GET" : httpMethod;
      // A path that is the template itself is the most specific match there can be.
      const literal = literals.get(path)?.get(wanted);
      if (literal) return { kind: "found", route: literal, bindings: [] };
      const matching = routes.flatMap((route) => {
        const bindings = matchTemplate(route.template, path);
        return bindings ? [{ route, bindings }] : [];
      });
      // Why: to a client that encodes as it should, a bare colon is always a verb.
      const verbed = matching.filter(({ route }) => route.template.verb !== "");
      const candidates = verbed.length > 0 ? verbed : matching;
      const found = candidates.find(({ route }) => ["*", wanted].includes(route.httpMethod));
      if (found) return { kind: "found", ...found };
      if (candidates.length === 0) return { kind: "unknown" };
      return { kind: "other-method", allow: allowed(candidates.map(({ route }) => route)) };
    },
  };
}

/** The routes whose template is one path, by path and method. */
function literalsOf(routes: readonly Route[]): ReadonlyMap<string, ReadonlyMap<string, Route>> {
  const literals = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const { text, segments, variables } = route.template;
    if (segments.some(({ kind }) => kind !== "literal") || variables.length > 0) continue;
    const byMethod = literals.get(text) ?? new Map<string, Route>();
    literals.set(text, byMethod);
    if (!byMethod.has(route.httpMethod)) byMethod.set(route.httpMethod, route);
  }
  return literals;
}

function allowed(routes: readonly Route[]): string[] {
  const methods = new Set(routes.map((route) => route.httpMethod));
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].sort();
}

/**
 * What the annotation of one method says; nothing where it has none.
 *
 * @throws {Error} For an annotation that is wrong.
 */
export function routesOf(registry: FileRegistry, method: DescMethod): Route[] {
  const extension = registry.getExtension("google.api.http");
  const ruleType = registry.getMessage("google.api.HttpRule");
  if (!extension || !ruleType) throw new Error("the descriptor set has no google.api.http");
  const { options } = method.proto;
  if (!options || !hasExtension(options, extension)) return [];
  const rule = toJson(ruleType, getExtension(options, extension) as Message) as JsonObject;
  const more = Array.isArray(rule["additionalBindings"]) ? rule["additionalBindings"] : [];
  return [rule, ...more].filter(isObject).map((one) => routeOf(one, method));
}

function routeOf(rule: JsonObject, method: DescMethod): Route {
  const custom = isObject(rule["custom"]) ? rule["custom"] : {};
  const verb = ["get", "put", "post", "delete", "patch"].find((name) => name in rule);
  const route = {
    httpMethod: verb?.toUpperCase() ?? text(custom["kind"]),
    template: parseTemplate(verb === undefined ? text(custom["path"]) : text(rule[verb])),
    method,
    bodyRule: text(rule["body"]),
    responseBody: text(rule["responseBody"]),
  };
  const names = [
    ...route.template.variables.map(({ fieldPath }) => ({ of: method.input, name: fieldPath[0] })),
    ...(["", "*"].includes(route.bodyRule) ? [] : [{ of: method.input, name: route.bodyRule }]),
    ...(route.responseBody === "" ? [] : [{ of: method.output, name: route.responseBody }]),
  ];
  for (const { of, name } of names) requireField(of, name ?? "", method);
  return route;
}

function requireField(message: DescMessage, name: string, method: DescMethod): void {
  if (fieldNamed(message, name)) return;
  throw new Error(
    `google.api.http of ${method.name}: ${message.typeName} has no field \`${name}\``,
  );
}

function text(json: unknown): string {
  return typeof json === "string" ? json : "";
}
