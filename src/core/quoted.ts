import { isList, type Value } from "./values.js";

const LONGEST = 64;

/**
 * A value for a message: short whatever its size, one line, without lone surrogates. Text as JSON,
 * cut at 64 characters with an ellipsis inside the quotes; lists and maps only named.
 */
export function quoted(value: Value): string {
  if (typeof value === "string") return quotedText(value);
  if (value === null || typeof value !== "object") return String(value);
  return isList(value) ? "a list" : "an object";
}

function quotedText(text: string): string {
  // A character is at most two code units, so that a text of any length costs little.
  const characters = [...text.slice(0, 2 * LONGEST + 1)];
  if (characters.length <= LONGEST) return JSON.stringify(text);
  return JSON.stringify(`${characters.slice(0, LONGEST).join("")}…`);
}
