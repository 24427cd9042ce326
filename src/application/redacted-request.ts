import { type AccessRequest, accessRequest } from "../core/request.js";
import { isList, isPlainMap, type Value, type ValueMap } from "../core/values.js";

/** A request that lacks attributes, and whether a decision looked for one of them. */
export interface RedactedRequest {
  readonly request: AccessRequest;
  /** False: whatever they were, every decision made so far on `request` would be the same. */
  readonly wasNeeded: () => boolean;
}

/**
 * Watches what is read of a request: a decision is pure, so it cannot depend on what it did not look
 * at. Only the evaluator by definition is this exact: the index reads ahead.
 *
 * @param paths - Of the attributes that were left out, as `createRedaction` takes them.
 */
export function redactedRequest(
  policyType: string,
  attributes: ValueMap,
  paths: readonly string[],
): RedactedRequest {
  let needed = false;
  const need = (): void => {
    needed = true;
  };
  const parsed = accessRequest(policyType, attributes);
  const seen = <Field>(name: string, field: Field): Field => {
    if (paths.includes(name)) need();
    return field;
  };
  return {
    request: {
      policyType,
      attributes: watched(attributes, paths, need),
      get srcIps() {
        return seen("src_ip", parsed.srcIps);
      },
      get dstIps() {
        return seen("dst_ip", parsed.dstIps);
      },
      get srcPorts() {
        return seen("src_port", parsed.srcPorts);
      },
      get dstPorts() {
        return seen("dst_port", parsed.dstPorts);
      },
      get protocols() {
        return seen("protocol", parsed.protocols);
      },
    },
    wasNeeded: () => needed,
  };
}

/** A copy of `map` that calls `need` when a key at one of `paths` is asked for, or all keys are. */
function watched(map: ValueMap, paths: readonly string[], need: () => void): ValueMap {
  const copy: Record<string, Value> = { ...map };
  const watchedKeys = new Set(paths);
  for (const [key, value] of Object.entries(map)) {
    const within = paths
      .filter((path) => path.startsWith(`${key}.`))
      .map((path) => path.slice(key.length + 1));
    if (within.length > 0 && isPlainMap(value)) copy[key] = watched(value, within, need);
    // A list is compared element by element: whoever asks for it may look at what is not there.
    if (within.length > 0 && isList(value)) watchedKeys.add(key);
  }
  const asked = (key: string | symbol): void => {
    if (typeof key === "string" && watchedKeys.has(key)) need();
  };
  return new Proxy(copy, {
    get(target, key) {
      asked(key);
      return Reflect.get(target, key) as unknown;
    },
    has(target, key) {
      asked(key);
      return Reflect.has(target, key);
    },
    getOwnPropertyDescriptor(target, key) {
      asked(key);
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
    ownKeys(target) {
      need();
      return Reflect.ownKeys(target);
    },
  });
}
