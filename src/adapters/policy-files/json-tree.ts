import { isList, type Value } from "../../core/values.js";

/** A JSON value with the place it stands at: UTF-16 offsets in the text, from 0. */
export type JsonNode = JsonObject | JsonList | JsonScalar;

export interface JsonObject {
  readonly kind: "object";
  readonly offset: number;
  /** In the order of the text. A Map, because keys come from outside (`__proto__`). */
  readonly members: ReadonlyMap<string, JsonMember>;
}

export interface JsonMember {
  readonly keyOffset: number;
  readonly node: JsonNode;
}

export interface JsonList {
  readonly kind: "list";
  readonly offset: number;
  readonly elements: readonly JsonNode[];
}

export interface JsonScalar {
  readonly kind: "scalar";
  readonly offset: number;
  readonly value: string | number | boolean | null;
}

export type PathStep = string | number;

/**
 * The tree of a value, which stands nowhere: every offset is 0.
 *
 * @param onNotFinite - Told of each number that JSON does not have; it becomes null.
 */
export function nodeOf(value: Value, onNotFinite: (path: string) => void, path = ""): JsonNode {
  if (typeof value === "number" && !Number.isFinite(value)) {
    onNotFinite(path);
    return { kind: "scalar", offset: 0, value: null };
  }
  if (value === null || typeof value !== "object") return { kind: "scalar", offset: 0, value };
  if (isList(value)) {
    const elements = value.map((element, index) =>
      nodeOf(element, onNotFinite, extendPath(path, index)),
    );
    return { kind: "list", offset: 0, elements };
  }
  const members = Object.entries(value).map(([key, member]): [string, JsonMember] => [
    key,
    { keyOffset: 0, node: nodeOf(member, onNotFinite, extendPath(path, key)) },
  ]);
  return { kind: "object", offset: 0, members: new Map(members) };
}

/** The value without its places. Objects have no prototype, so any key is only a key. */
export function valueOf(node: JsonNode): Value {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.elements.map(valueOf);
    case "object": {
      const map = Object.create(null) as Record<string, Value>;
      for (const [key, member] of node.members) map[key] = valueOf(member.node);
      return map;
    }
  }
}

/** The member `key` of an object; undefined for anything else. */
export function memberOf(node: JsonNode | undefined, key: string): JsonMember | undefined {
  return node?.kind === "object" ? node.members.get(key) : undefined;
}

/** The text under `key`; undefined where there is none. */
export function textOf(node: JsonNode | undefined, key: string): string | undefined {
  const member = memberOf(node, key)?.node;
  return member?.kind === "scalar" && typeof member.value === "string" ? member.value : undefined;
}

/** Whether the node is `false`; absent is not, as `enabled` is where nobody says so. */
export function isFalse(node: JsonNode | undefined): boolean {
  return node?.kind === "scalar" && node.value === false;
}

/** Where the value of `key` stands; the object itself where it has none. */
export function offsetOf(node: JsonNode, key: string): number {
  return memberOf(node, key)?.node.offset ?? node.offset;
}

/** `path` with one more step: `policies.fl-sec.rules[2]`, `match["odd key"]`. */
export function extendPath(path: string, step: PathStep): string {
  if (typeof step === "number") return `${path}[${step}]`;
  if (!/^[\w.-]+$/.test(step)) return `${path}[${JSON.stringify(step)}]`;
  return path === "" ? step : `${path}.${step}`;
}

/** Finds line and column, both from 1, of an offset in `text`; columns count UTF-16 units. */
export function createPlaceFinder(text: string): (offset: number) => {
  readonly line: number;
  readonly column: number;
} {
  let lineStarts: readonly number[] | undefined;
  return (offset) => {
    lineStarts ??= startsOfLines(text);
    let low = 0;
    let high = lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
  };
}

function startsOfLines(text: string): readonly number[] {
  return [
    0,
    ...Array.from(text.matchAll(/\r\n|\n|\r/g), ({ 0: end, index }) => index + end.length),
  ];
}
