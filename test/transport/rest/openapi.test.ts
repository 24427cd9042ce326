import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINE_VERSION } from "../../../src/engine.js";
import { createDescriptorRegistry } from "../../../src/transport/descriptors.js";
import { DECLARED_ROUTES } from "../../../src/transport/rest/declared-route-list.js";
import { describeEngine, servedRpcs } from "../../../src/transport/rest/openapi/describe-engine.js";
import { askHttp } from "../../support/ask-http.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

interface Schema {
  readonly $ref?: string;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters: readonly { readonly name: string; readonly in?: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const registry = createDescriptorRegistry();
const document = JSON.parse(
  JSON.stringify(describeEngine(registry, ENGINE_VERSION)),
) as unknown as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

let engine: TestEngine;
beforeAll(async () => {
  const rules = [{ id: "in", action: "allow", match: { dst_port: 8080 } }];
  engine = await startTestEngine({
    policies: { policies: { net: { name: "net", type: "network_security", rules } } },
  });
  await askHttp(engine.restPort, "POST /v1/connections:check", {
    headers: { "content-type": "application/json" },
    body: '{"client_id": "c", "dst_port": 8080}',
  });
});
afterAll(() => engine.stop());

describe("docs/openapi.json", () => {
  it("is what the routes say: mend with `node --import tsx tools/generate-openapi.mts`", () => {
    const file = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(document);
  });

  it("is served", async () => {
    const { headers, json } = await askHttp(engine.restPort, "GET /openapi.json");
    expect(json).toEqual(document);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  });
});

describe("every route that is served is described, and the reverse", () => {
  const shape = (path: string): string => path.replaceAll(/\{[^}]*\}/g, "{}");
  const described = new Set(operations.map(({ path, method }) => `${method} ${shape(path)}`));

  it.each(DECLARED_ROUTES.map(({ method, path }) => [`${method} ${path}`]))("%s", (line) => {
    const [method = "", path = ""] = line.split(" ");
    expect(described).toContain(`${method.toLowerCase()} ${shape(path)}`);
  });

  it.each(
    servedRpcs(registry).map(({ httpMethod, template }) => [`${httpMethod} ${template.text}`]),
  )("%s", (line) => {
    const [method = "", path = ""] = line.split(" ");
    expect(described).toContain(`${method.toLowerCase()} ${shape(path)}`);
  });

  it.each(Object.keys(document.paths))("%s with these methods and no other", async (path) => {
    const asked = path.replaceAll(/\{[^}]*\}/g, "x");
    const answer = await askHttp(engine.restPort, `OPTIONS ${asked}`);
    expect(answer.status).toBe(204);
    expect(new Set(String(answer.headers["allow"]).split(", "))).toEqual(methodsAt(asked));
  });
});

/** What is described for a path, also under a template that it matches: `/policies/reload` is an id too. */
function methodsAt(asked: string): Set<string> {
  const isAt = (template: string): boolean =>
    new RegExp(`^${template.replaceAll(/\{[^}]*\}/g, "[^/:]+")}$`).test(asked);
  const at = operations.filter(({ path }) => isAt(path)).map(({ method }) => method.toUpperCase());
  return new Set(at.includes("GET") ? [...at, "HEAD"] : at);
}

describe("the description", () => {
  it("names every operation once, with a summary", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.filter(({ operation }) => (operation.summary ?? "") === "")).toEqual([]);
  });

  it("declares exactly the variables of each path", () => {
    for (const { path, operation } of operations) {
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters.filter((one) => one.in === "path");
      expect(declared.map(({ name }) => name)).toEqual(variables);
    }
  });

  it("refers to nothing that is not there", () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
    const missing = refs.filter(([, path = ""]) => {
      const parts = path.split("/");
      return (
        parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], document) ===
        undefined
      );
    });
    expect(missing).toEqual([]);
    expect(refs.length).toBeGreaterThan(100);
  });

  it("has the comment of every message and field of the API", () => {
    const bare = Object.entries(document.components.schemas).flatMap(([name, schema]) => {
      const { properties = {} } = schema as {
        properties?: Record<string, { description?: string }>;
      };
      const isOurs = registry.getMessage(`flopynet.policy.v1.${name}`) !== undefined;
      const fields = isOurs ? Object.entries(properties) : [];
      return fields
        .filter(([, field]) => field.description === undefined)
        .map(([field]) => `${name}.${field}`);
    });
    expect(bare).toEqual([]);
  });
});

describe("an answer is what the description says", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const readable = operations.filter(
    ({ path, method, operation }) =>
      method === "get" &&
      !path.includes("{") &&
      Object.hasOwn(operation.responses["200"]?.content ?? {}, "application/json") &&
      !Object.hasOwn(operation.responses["200"]?.content ?? {}, "text/event-stream"),
  );
  const needs: Readonly<Record<string, string>> = {
    "/v1/policyVersions:diff": "?from_version=1&to_version=1",
  };

  it.each(readable.map(({ path, operation }) => [path, operation] as const))(
    "GET %s",
    async (path, operation) => {
      const schema = operation.responses["200"]?.content?.["application/json"]?.schema;
      const validate = ajv.compile({ ...schema, components: document.components });
      const answer = await askHttp(engine.restPort, `GET ${path}${needs[path] ?? ""}`);
      expect(answer.status).toBe(200);
      validate(answer.json);
      expect(validate.errors ?? []).toEqual([]);
    },
  );
});

describe("GET /docs", () => {
  it("is a page that names every path, and needs nothing from elsewhere", async () => {
    const { headers, text } = await askHttp(engine.restPort, "GET /docs");
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(text).not.toMatch(/<script|<link|<img|src=|https?:\/\//i);
    for (const path of Object.keys(document.paths)) expect(text).toContain(`<code>${path}</code>`);
  });

  it("escapes what it shows", async () => {
    const { text } = await askHttp(engine.restPort, "GET /docs");
    expect(text).not.toMatch(
      /<(?!\/?(html|head|meta|title|style|body|h1|h2|h4|p|a|code|details|summary|span|table|tr|td)\b|!doctype)/,
    );
  });

  it("answers HEAD and OPTIONS, and no other method", async () => {
    const options = await askHttp(engine.restPort, "OPTIONS /docs");
    expect([options.status, options.headers["allow"]]).toEqual([204, "GET, HEAD"]);
    expect((await askHttp(engine.restPort, "HEAD /docs")).status).toBe(200);
    const posted = await askHttp(engine.restPort, "POST /docs");
    expect([posted.status, posted.json]).toEqual([
      405,
      { error: "POST is not allowed here: use GET" },
    ]);
  });
});
