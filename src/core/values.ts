import { type Steps, textSteps, UNBOUNDED } from "./steps.js";

/**
 * What an attribute, a parameter or a literal can be: the JSON values. An integer above 2^53 has
 * already lost digits when it gets here. Null means "absent" wherever an attribute is looked up.
 */
export type Value =
  string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** A map of values. Looked up by own key only: `constructor` is on every plain object. */
export type ValueMap = Readonly<Record<string, Value>>;

/** The values that a `match` can compare with. */
export type Scalar = string | number | boolean;

/** The keys of a map are what somebody sent: reach them through `lookUp` or `ownValue` only. */
export function isPlainMap(value: Value): value is ValueMap {
  return typeof value === "object" && value !== null && !isList(value);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The value of an own key; undefined when there is none or it is null, which means absent. */
export function ownValue(map: ValueMap, key: string): Value | undefined {
  const value = map[key] ?? undefined;
  // Why not asked of all: it costs more than the rest. A map is a plain object or has no prototype, so
  // what it inherits are functions and a map.
  const mayBeInherited = typeof value === "object" || typeof value === "function";
  return mayBeInherited && !Object.hasOwn(map, key) ? undefined : value;
}

/**
 * The value of a dotted name: the whole name as one flat key wins, else one step per part through
 * maps. Own keys only, so `constructor` or the `length` of a text or list is never found.
 *
 * @returns Undefined when the name is absent; null at any step is absent too.
 */
export function lookUp(map: ValueMap, path: readonly string[]): Value | undefined {
  // Why by index: taking an array apart costs an iterator, and this is asked for every attribute.
  const first = path[0];
  if (path.length === 1 && first !== undefined) return ownValue(map, first);
  const flat = ownValue(map, path.join("."));
  if (flat !== undefined) return flat;

  let found: Value | undefined = map;
  for (const key of path) {
    if (found === undefined || !isPlainMap(found)) return undefined;
    found = ownValue(found, key);
  }
  return found;
}

/**
 * THE equality, of `match` and of `==`: texts exactly, a number with a number or with its decimal
 * text, booleans with booleans, null with null. Lists element by element, where null equals nothing;
 * maps by own keys, where null is absent. Symmetric and transitive; any depth.
 *
 * @param steps - Counted down by what is looked at inside lists, maps and texts; once they are used
 *   up the answer means nothing.
 */
export function valuesEqual(left: Value, right: Value, steps: Steps = UNBOUNDED): boolean {
  if (left === null || right === null) return left === right;
  if (typeof left !== "object" || typeof right !== "object") {
    return scalarsEqual(left, right, steps);
  }
  // A list of its own instead of recursion: a policy file may nest deeper than the call stack.
  const pending: [Value, Value][] = [[left, right]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [one, other] = pair;
    if (one === null || other === null || steps.left < 0) return false;
    if (typeof one === "object" && typeof other === "object") {
      const parts = pairParts(one, other, steps);
      if (parts === undefined) return false;
      for (const part of parts) pending.push(part);
    } else if (!scalarsEqual(one, other, steps)) return false;
  }
  return true;
}

/** Pairs what must be equal for two lists or maps to be; undefined when they cannot be. */
function pairParts(
  one: Exclude<Value, Scalar | null>,
  other: Exclude<Value, Scalar | null>,
  steps: Steps,
): [Value, Value][] | undefined {
  if (isList(one) && isList(other)) {
    if (one.length !== other.length) return undefined;
    steps.left -= one.length;
    if (steps.left < 0) return undefined;
    return one.map((element, index) => [element, other[index] ?? null]);
  }
  if (isList(one) || isList(other)) return undefined;
  const keys = presentKeys(one);
  steps.left -= keys.length;
  if (keys.length !== presentKeys(other).length) return undefined;
  return keys.map((key) => [one[key] ?? null, ownValue(other, key) ?? null]);
}

function presentKeys(map: ValueMap): string[] {
  return Object.keys(map).filter((key) => map[key] !== null);
}

function scalarsEqual(one: Value, other: Value, steps: Steps): boolean {
  if (typeof one === "string" && typeof other === "string") {
    if (one.length !== other.length) return false;
    // Why asked first: nearly every text costs nothing, and counting it down costs more than comparing.
    const cost = textSteps(one);
    if (cost > 0) steps.left -= cost;
    return one === other;
  }
  if (typeof one === "number" && typeof other === "string") return decimalText(one) === other;
  if (typeof one === "string" && typeof other === "number") return one === decimalText(other);
  return typeof one !== "object" && one === other;
}

/**
 * The one text that equals a number: what JSON prints for it (`0` for negative zero).
 *
 * @returns Undefined where JSON prints an exponent or null; such a number equals no text.
 */
export function decimalText(number: number): string | undefined {
  const text = String(number);
  return Number.isFinite(number) && !text.includes("e") ? text : undefined;
}

const NUMERIC_TEXT = /^[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/**
 * What `<` and `>` compare: a finite number, or the number that a text spells in decimal digits
 * (leading zeros are decimal; no blanks, underscores or hex). Undefined for anything else, booleans
 * included. That two texts cannot be ordered is for the caller to say.
 */
export function orderingNumber(value: Value): number | undefined {
  const number = typeof value === "string" && NUMERIC_TEXT.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
