import { parseAddress } from "../core/address.js";
import { CONNECTION_FIELDS } from "../core/connection-violations.js";
import type { Value, ValueMap } from "../core/values.js";
import type { ComponentRegistry } from "./ports/component-registry.js";

/**
 * What a decision sees: what the caller gave, without names that are the engine's (`engine`,
 * `engine.*`), and with what the engine knows. A component type that the caller names wins over the
 * registry.
 *
 * @param given - Validated attributes.
 * @param options - `isConnection`: the connection's fields follow CheckConnection (empty text is not
 *   given, component types are looked up by address).
 */
export function resolveAttributes(
  given: ValueMap,
  options: {
    readonly isConnection: boolean;
    readonly engine: ValueMap;
    readonly registry: ComponentRegistry;
  },
): ValueMap {
  // A plain object, because one without prototype is slow to read; `__proto__` was refused before.
  const attributes: Record<string, Value> = {};
  for (const name of Object.keys(given)) {
    const value = given[name] ?? null;
    if (value === null || name === "engine" || name.startsWith("engine.")) continue;
    if (value === "" && options.isConnection && CONNECTION_FIELDS.has(name)) continue;
    attributes[name] = value;
  }
  attributes["engine"] = options.engine;
  if (options.isConnection) {
    addComponentType(attributes, "src_type", "src_ip", options.registry);
    addComponentType(attributes, "dst_type", "dst_ip", options.registry);
  }
  return attributes;
}

function addComponentType(
  attributes: Record<string, Value>,
  typeName: string,
  addressName: string,
  registry: ComponentRegistry,
): void {
  const text = attributes[addressName];
  if ((attributes[typeName] ?? null) !== null || typeof text !== "string") return;
  const address = parseAddress(text);
  const type = address && registry.componentTypeOf(address);
  if (type !== undefined) attributes[typeName] = type;
}
