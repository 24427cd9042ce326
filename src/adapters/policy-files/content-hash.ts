import { createHash } from "node:crypto";
import { contentKeys } from "../../application/same-value.js";
import { compareIds } from "../../core/snapshot.js";
import { isList, type Value, type ValueMap } from "../../core/values.js";

/**
 * The content of a policy as canonical JSON: keys sorted by code unit, no white space, without
 * bookkeeping. In parts: a rule is one.
 */
export function* canonicalPolicy(document: ValueMap): Generator<string, void> {
  let open = "{";
  for (const key of contentKeys(document).toSorted(compareIds)) {
    const value = document[key] ?? null;
    const start = `${open}${JSON.stringify(key)}:`;
    if (isList(value)) yield* canonicalList(value, start);
    else yield start + canonicalJson(value);
    open = ",";
  }
  yield open === "{" ? "{}" : "}";
}

function* canonicalList(list: readonly Value[], start: string): Generator<string, void> {
  let open = `${start}[`;
  for (const element of list) {
    yield open + canonicalJson(element);
    open = ",";
  }
  yield list.length === 0 ? `${open}]` : "]";
}

/** SHA-256 of a text that comes in many short parts. */
export interface PartHash {
  add(part: string): void;
  /** Hex. The last thing that is asked of it. */
  digest(): string;
}

/** Enough for one call of the hash function to be worth its price. */
const HASHED_AT_ONCE = 16_384;

export function createPartHash(): PartHash {
  const hash = createHash("sha256");
  let waiting = "";
  return {
    add(part) {
      waiting += part;
      if (waiting.length < HASHED_AT_ONCE) return;
      hash.update(waiting);
      waiting = "";
    },
    digest: () => hash.update(waiting).digest("hex"),
  };
}

/** SHA-256, hex. */
export function sha256(...texts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  return hash.digest("hex");
}

function canonicalJson(value: Value): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.keys(value)
    .sort(compareIds)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join()}}`;
}
