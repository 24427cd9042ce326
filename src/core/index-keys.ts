import type { AccessRequest } from "./request.js";
import type { TargetField } from "./target.js";
import { decimalText, isList, lookUp, type Value } from "./values.js";

/** What equal values share, and unequal ones never do: a key of a hash. */
export type EqualityKey = string | number | boolean;

/** An attribute that rules look at. Fields of one kind and key look at the same. */
export interface KeyedAttribute {
  /** From 0, within one index. */
  readonly slot: number;
  /** Where an equality finds it; empty for the parsed fields of a connection. */
  readonly path: readonly string[];
  readonly isProtocol: boolean;
}

/**
 * The distinct keys that a field holds for; undefined for a field that is no equality. Rules that want
 * the same single value share one list.
 */
export function keyMaker(): (field: TargetField) => readonly EqualityKey[] | undefined {
  const single = new Map<EqualityKey, readonly EqualityKey[]>();

  function shared(values: readonly Value[]): readonly EqualityKey[] {
    const [value] = values;
    const key = values.length === 1 && value !== undefined ? keyOf(value) : undefined;
    if (key === undefined) return distinctKeys(values);
    let keys = single.get(key);
    if (!keys) single.set(key, (keys = [key]));
    return keys;
  }

  return (field) => {
    switch (field.kind) {
      case "equals":
        return shared(field.values);
      case "protocol":
        // Their keys are the parsed protocols themselves: numbers stay numbers.
        return [...new Set(field.protocols)];
      case "any":
      case "address":
      case "address-range":
      case "port":
        return undefined;
    }
  };
}

/** The keys of an attribute in `request`: several for a list, none when it is absent. */
export function keysOfRequest(
  attribute: KeyedAttribute,
  request: AccessRequest,
): readonly EqualityKey[] {
  if (attribute.isProtocol) return request.protocols;
  const value = lookUp(request.attributes, attribute.path);
  if (value === undefined) return [];
  if (isList(value)) return distinctKeys(value);
  const key = keyOf(value);
  return key === undefined ? [] : [key];
}

function distinctKeys(values: readonly Value[]): readonly EqualityKey[] {
  return [...new Set(values.map(keyOf))].filter((key) => key !== undefined);
}

// The hash side of `valuesEqual`: a number is its decimal text, so that it meets the text it equals;
// one that equals no text stays a number. NaN, null, lists and maps equal no value of a rule.
function keyOf(value: Value): EqualityKey | undefined {
  if (typeof value === "number") {
    return Number.isNaN(value) ? undefined : (decimalText(value) ?? value);
  }
  return typeof value === "object" ? undefined : value;
}
