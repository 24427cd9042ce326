import type { ValueMap } from "../core/values.js";

/** The id of a policy's document; empty in one that has none. */
export function idOf(document: ValueMap): string {
  return textIn(document, "id");
}

/** The text under `key`; empty where there is none. */
export function textIn(document: ValueMap, key: string): string {
  const value = Object.hasOwn(document, key) ? document[key] : undefined;
  return typeof value === "string" ? value : "";
}
