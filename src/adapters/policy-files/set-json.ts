import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import type { Value } from "../../core/values.js";
import type { PathStep } from "./json-tree.js";

const STEP = "  ";

/**
 * The JSON text with `value` at `path`, whose owner is there already. Everything else stays as it is
 * written. What is new has two spaces more than its owner for each level; in an owner that stands on
 * one line it stands on that line.
 *
 * Why not `modify` of jsonc-parser: it formats in quadratic time, minutes for a large policy.
 *
 * @param value - Undefined: there is no such key any more.
 */
export function setJson(text: string, path: readonly PathStep[], value: Value | undefined): string {
  const root = parseTree(text);
  const owner = root && findNodeAtLocation(root, path.slice(0, -1));
  const existing = root && findNodeAtLocation(root, [...path]);
  if (owner === undefined) throw new Error(`${path.slice(0, -1).join(".")} is not in the text`);
  if (existing !== undefined && value !== undefined) {
    const written = writtenIn(text, owner, value, indentAt(text, existing.offset));
    return splice(text, existing.offset, end(existing), written);
  }
  if (existing?.parent !== undefined) return withoutMember(text, owner, existing.parent);
  if (value === undefined) return text;
  return withMember(text, owner, String(path.at(-1)), value);
}

function withMember(text: string, owner: Node, key: string, value: Value): string {
  const last = owner.children?.at(-1);
  const name = `${JSON.stringify(key)}: `;
  if (last === undefined) {
    const outer = indentAt(text, owner.offset);
    const inner = outer + STEP;
    const eol = eolOf(text);
    const member = `${eol}${inner}${name}${pretty(text, value, inner)}${eol}${outer}`;
    return splice(text, owner.offset + 1, end(owner) - 1, member);
  }
  const isInline = isOnOneLine(text, owner);
  const indent = indentAt(text, last.offset);
  const gap = isInline ? ", " : `,${eolOf(text)}${indent}`;
  const member = `${gap}${name}${writtenIn(text, owner, value, indent)}`;
  return splice(text, end(last), end(last), member);
}

function withoutMember(text: string, owner: Node, member: Node): string {
  const members = owner.children ?? [];
  const index = members.indexOf(member);
  const before = members[index - 1];
  const after = members[index + 1];
  if (before !== undefined) return splice(text, end(before), end(member), "");
  if (after !== undefined) return splice(text, member.offset, after.offset, "");
  return splice(text, owner.offset + 1, end(owner) - 1, "");
}

function writtenIn(text: string, owner: Node, value: Value, indent: string): string {
  return isOnOneLine(text, owner) ? JSON.stringify(value) : pretty(text, value, indent);
}

function pretty(text: string, value: Value, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", `${eolOf(text)}${indent}`);
}

function isOnOneLine(text: string, node: Node): boolean {
  return !text.slice(node.offset, end(node)).includes("\n");
}

/** The blanks that the line of `offset` begins with. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function end(node: Node): number {
  return node.offset + node.length;
}

function splice(text: string, from: number, to: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(to);
}
