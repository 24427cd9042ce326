import fc from "fast-check";

/** The part of JSON Schema that our OpenAPI document uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly format?: string;
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly schema?: JsonSchema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** One request, as it is sent. */
export interface RestRequest {
  readonly operation: Operation;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const MAX_DEPTH = 4;

/** Text that something here takes for something, and text that nothing should stumble over. */
const text = fc.oneof(
  fc.constantFrom(
    ...["net", "rounds", "network_security", "fl_server", "allow", "deny", "configure", "INFO"],
    ...["tcp", "10.0.0.1", "10.0.0.0/8", "client-7", "in", "client_id == 'x'", "dst_port > 5"],
    ...["1", "0", "-1", "2026-01-31T12:00:00Z", "1750000000", "true", "x".repeat(5000)],
    ...["", "__proto__", "constructor", "..", "a/b", "\u0000", "\u{1F600}", "%zz", "lease"],
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);

const number = fc.oneof(
  fc.constantFrom(0, 1, -1, 22, 8080, 65_536, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e308, 0.5, -0),
  fc.integer(),
);

const anyJson = fc.jsonValue({ maxDepth: 3 });

/** Requests of every operation: most as described, many nearly so, some nothing like it. */
export function arbitraryRestRequest(document: OpenApi): fc.Arbitrary<RestRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  return fc.constantFrom(...operations).chain(({ path, method, operation }) =>
    fc
      .record({
        method: mostly(
          fc.constant(method.toUpperCase()),
          fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        ),
        variables: fc.array(text, { minLength: 4, maxLength: 4 }),
        query: queryOf(operation, document),
        headers,
        body: bodyOf(operation, document),
      })
      .map(({ variables, query, ...rest }) => ({
        ...{ operation, ...rest },
        path: pathOf(path, variables) + query,
      })),
  );
}

function mostly<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: 6 }, { arbitrary: other, weight: 1 });
}

function pathOf(template: string, variables: readonly string[]): string {
  let next = 0;
  return template.replaceAll(/\{\w+\}/g, () => encodeURIComponent(variables[next++] ?? "x"));
}

function queryOf({ parameters }: Operation, document: OpenApi): fc.Arbitrary<string> {
  const named = parameters.filter((one) => one.in === "query");
  const known = named.map(({ name = "", schema = {} }) =>
    valueText(schema, document).map((value): [string, string] => [name, value]),
  );
  const unknown = fc.tuple(text, text);
  const one = known.length === 0 ? unknown : mostly(fc.oneof(...known), unknown);
  const asText = (pairs: [string, string][]): string =>
    pairs
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join("&");
  const raw = fc.constantFrom("%", "a=%ff", "a", "=", "&&", "%5B%5D=1");
  const maxLength = known.length === 0 ? 1 : 3;
  return mostly(fc.array(one, { maxLength }).map(asText), raw).map((query) =>
    query === "" ? "" : `?${query}`,
  );
}

function valueText(schema: JsonSchema, document: OpenApi): fc.Arbitrary<string> {
  const described = arbitraryOfSchema(schema, document, 1).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return mostly(described, text);
}

const OTHER_HEADERS: Readonly<Record<string, readonly string[]>> = {
  accept: ["*/*", "application/json", "text/event-stream", "text/html", ";;"],
  "accept-encoding": ["gzip", "br", "identity", "nonsense"],
  "if-match": ["*", '"abc"', "abc", '"a", "b"', "W/"],
  "grpc-timeout": ["1S", "10S", "soon", "99999999H"],
  "grpc-metadata-a": ["b", "\u00e9"],
  "x-request-id": ["r-1", " ", "x".repeat(200)],
  "last-event-id": ["1", "x", "AAAA"],
  origin: ["null", "http://evil.example", "http://127.0.0.1"],
  "content-encoding": ["gzip", "identity"],
};

const headers: fc.Arbitrary<Record<string, string>> = fc
  .tuple(
    mostly(
      fc.constant("application/json"),
      fc.constantFrom("text/plain", "application/json; charset=latin1", "application/xml"),
    ),
    mostly(
      fc.constant<readonly [string, string][]>([]),
      fc.array(
        fc.constantFrom(
          ...Object.entries(OTHER_HEADERS).flatMap(([name, values]) =>
            values.map((value): [string, string] => [name, value]),
          ),
        ),
        { minLength: 1, maxLength: 3 },
      ),
    ),
  )
  .map(([contentType, others]) => ({ "content-type": contentType, ...Object.fromEntries(others) }));

const BROKEN_BODIES: readonly (string | Uint8Array)[] = [
  ...["", "[]", "null", "3", '"text"', "{", '{"a":1,"a":2}', '{"__proto__":{}}', '{"a":1e999}'],
  ...["{}x", "[".repeat(40), '{"a":"\\ud800"}', "\ufeff{}"],
  new Uint8Array([0x7b, 0xff, 0x7d]),
];

function bodyOf({ requestBody }: Operation, document: OpenApi): fc.Arbitrary<string | Uint8Array> {
  const schema = requestBody?.content?.["application/json"]?.schema;
  if (!schema) return mostly(fc.constant<string | Uint8Array>(""), fc.constantFrom("{}", "x"));
  const described = arbitraryOfSchema(schema, document, MAX_DEPTH);
  const nearly = fc
    .tuple(described, fc.nat(), anyJson)
    .map(([json, at, other]) => changed(json, at, other));
  return fc.oneof(
    { arbitrary: described.map((json) => JSON.stringify(json)), weight: 5 },
    { arbitrary: nearly.map((json) => JSON.stringify(json)), weight: 4 },
    { arbitrary: fc.constantFrom(...BROKEN_BODIES), weight: 1 },
  );
}

/** `json` with one value, the one at `at`, replaced by another. */
function changed(json: unknown, at: number, other: unknown): unknown {
  let left = at % (1 + countOf(json));
  const walk = (value: unknown): unknown => {
    if (left-- === 0) return other;
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(json);
}

function countOf(json: unknown): number {
  if (typeof json !== "object" || json === null) return 1;
  return Object.values(json).reduce<number>((count, inner) => count + countOf(inner), 1);
}

/** Values that a schema describes; where it goes deeper than `depth`, only what it cannot do without. */
export function arbitraryOfSchema(
  schema: JsonSchema,
  document: OpenApi,
  depth: number,
): fc.Arbitrary<unknown> {
  const { $ref, const: constant, enum: values, anyOf, oneOf } = schema;
  const inner = (one: JsonSchema): fc.Arbitrary<unknown> => arbitraryOfSchema(one, document, depth);
  if ($ref !== undefined) {
    return inner(document.components.schemas[$ref.slice($ref.lastIndexOf("/") + 1)] ?? {});
  }
  if (constant !== undefined) return fc.constant(constant);
  if (values) return fc.constantFrom(...values);
  const choices = anyOf ?? oneOf;
  if (choices) return fc.oneof(...choices.map(inner));
  const types = Array.isArray(schema.type) ? (schema.type as string[]) : [schema.type as string];
  return fc.oneof(...types.map((type) => ofType(type, schema, document, depth)));
}

function ofType(
  type: string | undefined,
  schema: JsonSchema,
  document: OpenApi,
  depth: number,
): fc.Arbitrary<unknown> {
  switch (type) {
    case "string":
      return schema.format === "date-time"
        ? fc.constantFrom("2026-01-31T12:00:00Z", "1970-01-01T00:00:00.5Z")
        : text;
    case "integer":
      return number.map(Math.trunc);
    case "number":
      return number;
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      if (depth === 0) return fc.constant([]);
      const items = arbitraryOfSchema(schema.items ?? {}, document, depth - 1);
      return fc.array(items, { maxLength: 3 });
    }
    case "object":
      return ofObject(schema, document, depth);
    default:
      return anyJson;
  }
}

function ofObject(schema: JsonSchema, document: OpenApi, depth: number): fc.Arbitrary<unknown> {
  const { properties, required = [] } = schema;
  if (!properties) return fc.dictionary(text, anyJson, { maxKeys: 3 });
  const kept = Object.entries(properties).filter(([name]) => depth > 0 || required.includes(name));
  const model = kept.map(
    ([name, inner]) => [name, arbitraryOfSchema(inner, document, Math.max(0, depth - 1))] as const,
  );
  const requiredKeys = kept.map(([name]) => name).filter((name) => required.includes(name));
  return fc.record(Object.fromEntries(model), { requiredKeys });
}
