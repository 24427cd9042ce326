/** One segment between two slashes: fixed text, `*` (exactly one) or `**` (any number, at the end). */
type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "one" }
  | { readonly kind: "rest" };

interface Variable {
  /** Proto field names, outermost first: `policy.id` is `["policy", "id"]`. */
  readonly fieldPath: readonly string[];
  /** The segments it covers, `end` exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A parsed path template of `google.api.HttpRule`. */
export interface PathTemplate {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly variables: readonly Variable[];
  /** What follows the last colon; empty when there is none. */
  readonly verb: string;
}

/** What a path gives one field of the request. */
export interface PathBinding {
  readonly fieldPath: readonly string[];
  /** Percent-decoded; of several segments `%2F` stays as it is, because it is no separator. */
  readonly text: string;
}

const LITERAL = /^[\w.~!$&'()+,;@-]+$/;
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/**
 * Reads a template: `/v1/{name=shelves/*}/books:list`.
 *
 * @throws {SyntaxError} For text outside the grammar. Templates are ours: a wrong one ends the start.
 * @see google/api/http.proto, "Path template syntax".
 */
export function parseTemplate(text: string): PathTemplate {
  const refuse = (why: string): never => {
    throw new SyntaxError(`path template \`${text}\`: ${why}`);
  };
  if (!text.startsWith("/")) refuse("must begin with a slash");

  const colon = text.lastIndexOf(":");
  const verb = colon === -1 ? "" : text.slice(colon + 1);
  if (colon !== -1 && !LITERAL.test(verb)) refuse("the verb must be plain text, at the end");

  const segments: Segment[] = [];
  const variables: Variable[] = [];
  const addSegment = (part: string): void => {
    segments.push(parseSegment(part) ?? refuse(`\`${part}\` is not a segment`));
  };
  for (const part of splitOutsideBraces(text.slice(1, colon === -1 ? undefined : colon))) {
    const [, name, pattern = "*"] = /^\{([^{}=]*)(?:=([^{}]*))?\}$/.exec(part) ?? [];
    if (name === undefined) {
      addSegment(part);
      continue;
    }
    const fieldPath = name.split(".");
    if (!fieldPath.every((field) => IDENTIFIER.test(field))) refuse(`\`${part}\` names no field`);
    const start = segments.length;
    pattern.split("/").forEach(addSegment);
    variables.push({ fieldPath, start, end: segments.length });
  }

  if (segments.slice(0, -1).some(({ kind }) => kind === "rest")) refuse("`**` must be the last");
  const names = variables.map(({ fieldPath }) => fieldPath.join("."));
  if (new Set(names).size < names.length) refuse("a variable occurs twice");
  return { text, segments, variables, verb };
}

function parseSegment(text: string): Segment | undefined {
  if (text === "*") return { kind: "one" };
  if (text === "**") return { kind: "rest" };
  return LITERAL.test(text) ? { kind: "literal", text } : undefined;
}

function splitOutsideBraces(text: string): string[] {
  return text.split(/\/(?![^{]*\})/);
}

/**
 * What `path` (as on the request line, without query) gives the variables of `template`, or
 * undefined when it does not match. Case-sensitive and strict: an empty segment, so also a slash at
 * the end, matches nothing. A colon that is percent-encoded begins no verb.
 *
 * @throws {URIError} For a malformed percent-encoding.
 */
export function matchTemplate(template: PathTemplate, path: string): PathBinding[] | undefined {
  if (!path.startsWith("/")) return undefined;
  let rest = path.slice(1);
  if (template.verb !== "") {
    const colon = rest.lastIndexOf(":");
    if (colon < rest.lastIndexOf("/") || colon === -1) return undefined;
    if (decodeURIComponent(rest.slice(colon + 1)) !== template.verb) return undefined;
    rest = rest.slice(0, colon);
  }

  const raw = rest.split("/");
  if (raw.includes("")) return undefined;
  const { segments } = template;
  const isOpen = segments.at(-1)?.kind === "rest";
  const fixed = isOpen ? segments.length - 1 : segments.length;
  if (isOpen ? raw.length < fixed : raw.length !== fixed) return undefined;
  for (const [index, segment] of segments.entries()) {
    if (segment.kind !== "literal") continue;
    if (decodeURIComponent(raw[index] ?? "") !== segment.text) return undefined;
  }

  return template.variables.map(({ fieldPath, start, end }) => {
    const covered = segments.slice(start, end);
    const many = covered.length > 1 || covered[0]?.kind === "rest";
    const values = raw.slice(start, covered.at(-1)?.kind === "rest" ? undefined : end);
    return { fieldPath, text: values.map(many ? decodeSegment : decodeURIComponent).join("/") };
  });
}

function decodeSegment(raw: string): string {
  return raw
    .split(/(%2f)/i)
    .map((part, index) => (index % 2 === 1 ? part : decodeURIComponent(part)))
    .join("");
}

/** Orders templates by how much they fix: a verb first, then literal before `*` before `**`. */
export function compareTemplates(left: PathTemplate, right: PathTemplate): number {
  const verbs = Number(right.verb !== "") - Number(left.verb !== "");
  if (verbs !== 0) return verbs;
  const rank = { literal: 0, one: 1, rest: 2 };
  for (const [index, segment] of left.segments.entries()) {
    const other = right.segments[index];
    if (!other) return -1;
    const difference = rank[segment.kind] - rank[other.kind];
    if (difference !== 0) return difference;
  }
  return left.segments.length - right.segments.length;
}
