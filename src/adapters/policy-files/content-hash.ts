import { createHash } from "node:crypto";
import { compareIds } from "../../core/snapshot.js";
import type { Value, ValueMap } from "../../core/values.js";

/** Bookkeeping of a policy: changing it changes no answer. */
const NOT_CONTENT: readonly string[] = ["version", "updated_at", "history"];

/**
 * The content of a policy as canonical JSON: keys sorted by code unit, no white space, without
 * bookkeeping.
 */
export function canonicalPolicy(document: ValueMap): string {
  const content = Object.keys(document).filter((key) => !NOT_CONTENT.includes(key));
  return canonicalMap(document, content);
}

/** SHA-256, hex. */
export function sha256(...texts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  return hash.digest("hex");
}

function canonicalJson(value: Value): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as Value[]).map(canonicalJson).join()}]`;
  const map = value as ValueMap;
  return canonicalMap(map, Object.keys(map));
}

function canonicalMap(map: ValueMap, keys: readonly string[]): string {
  const members = [...keys]
    .sort(compareIds)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(map[key] ?? null)}`);
  return `{${members.join()}}`;
}
