import { isList, type Value, type ValueMap } from "../../core/values.js";

/** A JSON value with the place it stands at: UTF-16 offsets in the text, from 0, the end excluded. */
export type JsonNode = JsonObject | JsonList | JsonScalar;

export interface JsonObject {
  readonly kind: "object";
  readonly offset: number;
  readonly end: number;
  /** In the order of the text. A Map, because keys come from outside (`__proto__`). */
  readonly members: ReadonlyMap<string, JsonMember>;
  /** Without its places. It has no prototype, so any key is only a key. */
  readonly value: ValueMap;
}

export interface JsonMember {
  readonly keyOffset: number;
  readonly node: JsonNode;
}

export interface JsonList {
  readonly kind: "list";
  readonly offset: number;
  readonly end: number;
  readonly elements: readonly JsonNode[];
  readonly value: readonly Value[];
}

export interface JsonScalar {
  readonly kind: "scalar";
  readonly offset: number;
  readonly end: number;
  readonly value: string | number | boolean | null;
}

export type PathStep = string | number;

const NOWHERE = { offset: 0, end: 0 };
const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/**
 * The tree of a value, which stands nowhere: every offset is 0.
 *
 * @param onNotFinite - Told of each number that JSON does not have; it becomes null.
 */
export function nodeOf(value: Value, onNotFinite: (path: string) => void, path = ""): JsonNode {
  if (typeof value === "number" && !Number.isFinite(value)) {
    onNotFinite(path);
    return { ...NOWHERE, kind: "scalar", value: null };
  }
  if (value === null || typeof value !== "object") return { ...NOWHERE, kind: "scalar", value };
  if (isList(value)) {
    const elements = value.map((element, index) =>
      nodeOf(element, onNotFinite, extendPath(path, index)),
    );
    return { ...NOWHERE, kind: "list", elements, value: elements.map(valueOf) };
  }
  const members = new Map<string, JsonMember>();
  const map = emptyMap();
  for (const [key, member] of Object.entries(value)) {
    const node = nodeOf(member, onNotFinite, extendPath(path, key));
    members.set(key, { keyOffset: 0, node });
    map[key] = node.value;
  }
  return { ...NOWHERE, kind: "object", members, value: map };
}

/** The value without its places. */
export function valueOf(node: JsonNode): Value {
  return node.value;
}

/** For the value of an object. */
export function emptyMap(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
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
  const lineStarts = [0];
  let looked = 0;
  // Only as far as the offset: whoever asks in the order of the text does not ask for all at once.
  function lookUpTo(offset: number): void {
    for (; looked <= offset && looked < text.length; looked++) {
      const unit = text.charCodeAt(looked);
      const isEnd =
        unit === LINE_FEED || (unit === RETURN && text.charCodeAt(looked + 1) !== LINE_FEED);
      if (isEnd) lineStarts.push(looked + 1);
    }
  }
  return (offset) => {
    lookUpTo(offset);
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
