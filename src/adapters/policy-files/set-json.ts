import { isList, type Value } from "../../core/values.js";
import { type JsonNode, memberOf, type PathStep } from "./json-tree.js";
import { parseSteps } from "./parse-policy-file.js";

const STEP = "  ";

/**
 * The JSON text with `value` at `path`, whose owner is there already, in short steps. Everything else
 * stays as it is written. What is new has two spaces more than its owner for each level; in an owner
 * that stands on one line it stands on that line.
 *
 * Why not `modify` of jsonc-parser: it formats in quadratic time, minutes for a large policy.
 *
 * @param value - Undefined: there is no such key any more.
 */
export function* setJsonSteps(
  text: string,
  path: readonly PathStep[],
  value: Value | undefined,
): Generator<void, string> {
  const { root } = yield* parseSteps(text);
  const owner = nodeAt(root, path.slice(0, -1));
  if (owner === undefined) throw new Error(`${path.slice(0, -1).join(".")} is not in the text`);
  const key = path.at(-1) ?? "";
  const existing = nodeAt(owner, [key]);
  if (value === undefined) return existing ? withoutMember(text, owner, String(key)) : text;
  if (existing === undefined) return yield* withMember(text, owner, String(key), value);
  const written = yield* writtenIn(text, owner, value, indentAt(text, existing.offset));
  return splice(text, existing.offset, existing.end, written);
}

/**
 * A JSON text on several lines, its first without indent, in short steps.
 *
 * @param parts - Of a list or an object, in order: a step of each.
 */
export function* blockSteps(
  [open, close]: readonly [open: string, close: string],
  parts: Iterable<Generator<void, string>>,
  { indent, eol }: Layout,
): Generator<void, string> {
  const inner = `${eol}${indent}${STEP}`;
  const lines: string[] = [];
  for (const part of parts) {
    lines.push(inner + (yield* part));
    yield;
  }
  return lines.length === 0 ? open + close : `${open}${lines.join(",")}${eol}${indent}${close}`;
}

export interface Layout {
  /** Of the line on which the text begins. */
  readonly indent: string;
  readonly eol: string;
}

/** One level deeper. */
export function inside({ indent, eol }: Layout): Layout {
  return { indent: indent + STEP, eol };
}

function nodeAt(root: JsonNode | undefined, path: readonly PathStep[]): JsonNode | undefined {
  return path.reduce<JsonNode | undefined>((node, step) => {
    if (typeof step === "string") return memberOf(node, step)?.node;
    return node?.kind === "list" ? node.elements[step] : undefined;
  }, root);
}

function* withMember(
  text: string,
  owner: JsonNode,
  key: string,
  value: Value,
): Generator<void, string> {
  const last = membersOf(owner).at(-1);
  const name = `${JSON.stringify(key)}: `;
  if (last === undefined) {
    const layout = { indent: indentAt(text, owner.offset), eol: eolOf(text) };
    const { indent } = inside(layout);
    const written = yield* prettySteps(value, inside(layout));
    const member = `${layout.eol}${indent}${name}${written}${layout.eol}${layout.indent}`;
    return splice(text, owner.offset + 1, owner.end - 1, member);
  }
  const indent = indentAt(text, last.offset);
  const gap = isOnOneLine(text, owner) ? ", " : `,${eolOf(text)}${indent}`;
  const member = `${gap}${name}${yield* writtenIn(text, owner, value, indent)}`;
  return splice(text, last.end, last.end, member);
}

function withoutMember(text: string, owner: JsonNode, key: string): string {
  const members = membersOf(owner);
  const index = members.findIndex((member) => member.key === key);
  const member = members[index];
  const before = members[index - 1];
  const after = members[index + 1];
  if (member && before) return splice(text, before.end, member.end, "");
  if (member && after) return splice(text, member.offset, after.offset, "");
  return splice(text, owner.offset + 1, owner.end - 1, "");
}

/** The members of an object, from their keys to the ends of their values. */
function membersOf(owner: JsonNode): readonly { key: string; offset: number; end: number }[] {
  if (owner.kind !== "object") throw new Error("only members of objects are added and removed");
  return [...owner.members].map(([key, { keyOffset, node }]) => ({
    ...{ key, offset: keyOffset, end: node.end },
  }));
}

function* writtenIn(
  text: string,
  owner: JsonNode,
  value: Value,
  indent: string,
): Generator<void, string> {
  if (isOnOneLine(text, owner)) return JSON.stringify(value);
  return yield* prettySteps(value, { indent, eol: eolOf(text) });
}

function* prettySteps(value: Value, layout: Layout): Generator<void, string> {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) {
    const elements = value.map((element) => prettySteps(element, inside(layout)));
    return yield* blockSteps(["[", "]"], elements, layout);
  }
  const members = Object.entries(value).map(([key, member]) => memberSteps(key, member, layout));
  return yield* blockSteps(["{", "}"], members, layout);
}

function* memberSteps(key: string, value: Value, layout: Layout): Generator<void, string> {
  return `${JSON.stringify(key)}: ${yield* prettySteps(value, inside(layout))}`;
}

function isOnOneLine(text: string, { offset, end }: JsonNode): boolean {
  const line = text.indexOf("\n", offset);
  return line === -1 || line >= end;
}

/** The blanks that the line of `offset` begins with. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function splice(text: string, from: number, to: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(to);
}
