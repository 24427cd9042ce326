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

/** What of a request a lookup reads; the keys of an attribute are computed once per request. */
export interface IndexQuery {
  readonly request: AccessRequest;
  keysOf(attribute: KeyedAttribute): readonly EqualityKey[];
}

/** The keys that a field holds for, each once; undefined for a field that is no equality. */
export function keysOfField(field: TargetField): readonly EqualityKey[] | undefined {
  switch (field.kind) {
    case "equals":
      return keysOfValues(field.values);
    case "protocol":
      // Their keys are the parsed protocols themselves: numbers stay numbers.
      return field.protocols.length === 1 ? field.protocols : [...new Set(field.protocols)];
    case "any":
    case "address":
    case "address-range":
    case "port":
      return undefined;
  }
}

/** The keys of an attribute in `request`: several for a list, none when it is absent. */
export function keysOfRequest(
  attribute: KeyedAttribute,
  request: AccessRequest,
): readonly EqualityKey[] {
  if (attribute.isProtocol) return request.protocols;
  const value = lookUp(request.attributes, attribute.path);
  if (value === undefined) return [];
  return isList(value) ? keysOfValues(value) : keysOfValue(value);
}

function keysOfValues(values: readonly Value[]): readonly EqualityKey[] {
  if (values.length === 1) return keysOfValue(values[0] ?? null);
  return [...new Set(values.map(keyOf))].filter((key) => key !== undefined);
}

function keysOfValue(value: Value): readonly EqualityKey[] {
  const key = keyOf(value);
  return key === undefined ? [] : [key];
}

// The hash side of `valuesEqual`: a number is its decimal text, so that it meets the text it equals;
// one that equals no text stays a number. NaN, null, lists and maps equal no value of a rule.
function keyOf(value: Value): EqualityKey | undefined {
  if (typeof value === "number") {
    return Number.isNaN(value) ? undefined : (decimalText(value) ?? value);
  }
  return typeof value === "object" ? undefined : value;
}
