import { isList, type Value, type ValueMap } from "../core/values.js";

/** Attributes without what is never stored. */
export interface RedactedAttributes {
  readonly attributes: ValueMap;
  /** Whether something was left out. */
  readonly redacted: boolean;
}

/**
 * Leaves out attributes by path: `client.location` is the key `location` of the map `client`, and
 * the flat attribute `client.location` as well. What is given is not changed; without a path that
 * is there it is given back as it is.
 */
export function createRedaction(
  paths: readonly string[],
): (attributes: ValueMap) => RedactedAttributes {
  return (given) => {
    const attributes = paths.reduce((left, path) => without(left, path), given);
    return { attributes, redacted: attributes !== given };
  };
}

/** `map` itself where it has nothing at `path`. */
function without(map: ValueMap, path: string): ValueMap {
  const kept = Object.hasOwn(map, path) ? copyWithout(map, path) : map;
  // Every way to cut the path: a key may have dots of its own.
  return cutsOf(path).reduce((left, [key, rest]) => {
    const inner = Object.hasOwn(left, key) ? left[key] : undefined;
    if (!isMap(inner)) return left;
    const changed = without(inner, rest);
    return changed === inner ? left : { ...left, [key]: changed };
  }, kept);
}

function copyWithout(map: ValueMap, name: string): ValueMap {
  return Object.fromEntries(Object.entries(map).filter(([key]) => key !== name));
}

function cutsOf(path: string): readonly (readonly [string, string])[] {
  return [...path.matchAll(/\./g)].map(
    ({ index }) => [path.slice(0, index), path.slice(index + 1)] as const,
  );
}

function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !isList(value);
}
