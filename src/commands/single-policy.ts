import { idOf } from "../application/document-facts.js";
import { policyIdFor } from "../application/policy-id.js";
import { isPlainMap, type Value, type ValueMap } from "../core/values.js";

/** The text of a policy file, and how far its first line stands to the right of what was written. */
export interface PolicyFileText {
  readonly text: string;
  readonly shift: number;
}

/** Of a policy that has neither an id nor a name yet. */
const UNNAMED = "policy";

/**
 * One policy alone as the file that holds it, under its id or one made of its name; what is no policy
 * alone as it is.
 */
export function asPolicyFile(text: string): PolicyFileText {
  const policy = singlePolicy(text);
  if (policy === undefined) return { text, shift: 0 };
  const start = `{"policies":{${JSON.stringify(policyIdFor(policy) || UNNAMED)}:`;
  return { text: `${start}${text}}}`, shift: start.length };
}

/** The policy, where `text` is one policy and no policy file. With the id it gets, where it gets one. */
export function singlePolicy(text: string): ValueMap | undefined {
  const value = parsed(text);
  if (value === undefined || !isPlainMap(value) || Object.hasOwn(value, "policies")) {
    return undefined;
  }
  if (!["type", "rules"].some((key) => Object.hasOwn(value, key))) return undefined;
  const id = policyIdFor(value);
  return id === "" || id === idOf(value) ? value : { id, ...value };
}

/** Where an issue of such a file stands in what was written. */
export function inWritten<Place extends { readonly line?: number; readonly column?: number }>(
  place: Place,
  { shift }: PolicyFileText,
): Place {
  if (place.line !== 1 || place.column === undefined) return place;
  return { ...place, column: Math.max(1, place.column - shift) };
}

function parsed(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}
