import { isList, type Value, type ValueMap } from "../core/values.js";
import type { LoggedDecision } from "./ports/decision-log.js";

/**
 * Leaves out attributes by path: `client.location` is the key `location` of the map `client`, and
 * the flat attribute `client.location` as well; of a list, the same in each of its elements.
 * `client_id` leaves out the client of the record too. What is given is not changed.
 */
export function createRedaction(
  paths: readonly string[],
): (decision: LoggedDecision) => LoggedDecision {
  if (paths.length === 0) return (given) => given;
  const isClientRedacted = paths.includes("client_id");
  return (given) => {
    const attributes = paths.reduce((left, path) => without(left, path), given.attributes);
    if (attributes === given.attributes) return given;
    const redactedPaths = paths.filter(
      (path) => without(given.attributes, path) !== given.attributes,
    );
    const clientId = isClientRedacted ? "" : given.clientId;
    return { ...given, attributes, clientId, redacted: true, redactedPaths };
  };
}

/** `map` itself where it has nothing at `path`. */
function without(map: ValueMap, path: string): ValueMap {
  const kept = Object.hasOwn(map, path) ? copyWithout(map, path) : map;
  // Every way to cut the path: a key may have dots of its own.
  return cutsOf(path).reduce((left, [key, rest]) => {
    const inner = Object.hasOwn(left, key) ? left[key] : undefined;
    if (inner === undefined) return left;
    const changed = withoutInside(inner, rest);
    return changed === inner ? left : { ...left, [key]: changed };
  }, kept);
}

/** `value` itself where nothing in it has something at `path`. */
function withoutInside(value: Value, path: string): Value {
  if (isList(value)) {
    const elements = value.map((element) => withoutInside(element, path));
    return elements.some((element, index) => element !== value[index]) ? elements : value;
  }
  return isMap(value) ? without(value, path) : value;
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
