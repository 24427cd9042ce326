import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject } from "../proto-json.js";

/** The look of the page. The page allows this and nothing else: no script, no image, no other site. */
export const DOCS_STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
summary { cursor: pointer; padding: .3rem 0; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
.method { display: inline-block; min-width: 4.5rem; font-weight: bold; }
details { border-bottom: 1px solid #8884; }
details > :not(summary) { margin-left: 1.5rem; }
p { white-space: pre-line; }
td { padding: .2rem .8rem .2rem 0; vertical-align: top; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } a { color: #8bf; } }
`;

/** An OpenAPI document as a page for a person, whole without any script. */
export function docsPage(document: JsonObject): string {
  const { info, tags, paths, components } = document as unknown as Document;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2>${escape(name)}</h2><p>${inline(description)}</p>${own.map(operationHtml).join("\n")}`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="${escape(name)}"><summary><code>${escape(name)}</code></summary>${schemaHtml(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(info.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${DOCS_STYLE}</style></head>
<body><h1>${escape(info.title)} ${escape(info.version)}</h1><p>${inline(info.description)}</p>
<p>For programs: <a href="openapi.json">openapi.json</a>, and
<a href="v1/policySchema">the JSON Schema of policy files</a>.</p>
${sections.join("\n")}
<h2>Schemas</h2>
${schemas.join("\n")}
</body></html>
`;
}

interface Operation {
  readonly tags: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters: readonly JsonObject[];
  readonly requestBody?: JsonObject;
  readonly responses: Readonly<Record<string, JsonObject>>;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
}

function operationHtml({
  path,
  method,
  operation,
}: {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}): string {
  const { summary = "", description, parameters, requestBody, responses } = operation;
  const answers = Object.entries(responses).map(
    ([status, response]) => `<h4>Answer ${escape(status)}</h4>${contentHtml(response)}`,
  );
  return `<details><summary><span class="method">${method.toUpperCase()}</span>
<code>${escape(path)}</code> ${inline(summary)}</summary>
${description === undefined ? "" : `<p>${inline(description)}</p>`}
${parameters.length === 0 ? "" : `<h4>Parameters</h4><table>${parameters.map(parameterRow).join("")}</table>`}
${requestBody ? `<h4>Body</h4>${contentHtml(requestBody)}` : ""}
${answers.join("\n")}</details>`;
}

function parameterRow(parameter: JsonObject): string {
  const { name, in: place, schema, description, $ref } = parameter;
  if (typeof $ref === "string") return `<tr><td>${refHtml($ref)}</td></tr>`;
  const kind = isObject(schema) ? typeHtml(schema) : "";
  return `<tr><td><code>${text(name)}</code></td><td>${text(place)}, ${kind}</td><td>${inline(description)}</td></tr>`;
}

function contentHtml(holder: JsonObject): string {
  const { content, description, $ref } = holder;
  if (typeof $ref === "string") return `<p>${refHtml($ref)}</p>`;
  const about = description === undefined ? "" : `<p>${inline(description)}</p>`;
  if (!isObject(content)) return about;
  const types = Object.entries(content).map(([type, media]) => {
    const schema = isObject(media) && isObject(media["schema"]) ? media["schema"] : {};
    return `<p><code>${escape(type)}</code>: ${typeHtml(schema)}</p>${propertiesHtml(schema)}`;
  });
  return about + types.join("");
}

function schemaHtml(schema: JsonObject): string {
  return `<p>${inline(schema["description"])}</p><p>${typeHtml(schema)}</p>${propertiesHtml(schema)}`;
}

function propertiesHtml({ properties }: JsonObject): string {
  if (!isObject(properties) || Object.keys(properties).length === 0) return "";
  const rows = Object.entries(properties).map(([name, property]) => {
    const schema = isObject(property) ? property : {};
    return `<tr><td><code>${escape(name)}</code></td><td>${typeHtml(schema)}</td><td>${inline(schema["description"])}</td></tr>`;
  });
  return `<table>${rows.join("")}</table>`;
}

/** A schema in some words. */
function typeHtml(schema: JsonObject): string {
  const { $ref, type, items, format, enum: values, anyOf, const: constant } = schema;
  if (typeof $ref === "string") return refHtml($ref);
  if (isObject(items)) return `list of ${typeHtml(items)}`;
  if (Array.isArray(values)) return values.map((value) => `<code>${text(value)}</code>`).join(", ");
  if (Array.isArray(anyOf)) return anyOf.filter(isObject).map(typeHtml).join(" or ");
  if (constant !== undefined) return `<code>${text(constant)}</code>`;
  const words = Array.isArray(type) ? type.map(text).join(" or ") : text(type ?? "anything");
  return `${words}${format === undefined ? "" : ` (${text(format)})`}`;
}

function refHtml(ref: string): string {
  const name = ref.slice(ref.lastIndexOf("/") + 1);
  return `<a href="#${escape(name)}"><code>${escape(name)}</code></a>`;
}

/** Text whose words in backticks are code. */
function inline(json: JsonValue | undefined): string {
  return text(json).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function text(json: JsonValue | undefined): string {
  if (json === undefined) return "";
  return escape(typeof json === "string" ? json : JSON.stringify(json));
}

function escape(plain: string): string {
  return plain
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
