import { parseAddress } from "../core/address.js";
import { CONNECTION_FIELDS } from "../core/connection-violations.js";
import {
  copyTrustAttributes,
  isClientName,
  type TrustAttributes,
} from "../core/trust-attributes.js";
import { isPlainMap, ownValue, type Value, type ValueMap } from "../core/values.js";
import type { ComponentRegistry } from "./ports/component-registry.js";

/**
 * What a decision sees: what the caller gave, without names that are the engine's (`engine`,
 * `engine.*`, `policy_engine`, `policy_engine.*`), and with what the engine knows. A component type
 * that the caller names wins over the registry; what is known of the named client wins over the
 * caller, name by name.
 *
 * @param given - Validated attributes.
 * @param options - `isConnection`: the connection's fields follow CheckConnection (empty text is not
 *   given, component types are looked up by address).
 */
export function resolveAttributes(
  given: ValueMap,
  options: {
    readonly isConnection: boolean;
    /** Whether `given` is known to have nothing else. Default: false, it is looked through. */
    readonly hasOnlyFields?: boolean;
    readonly engine: ValueMap;
    /** `policy_engine`; absent: no rule reads it. */
    readonly policyEngine?: ValueMap | undefined;
    /** Absent: no component type is looked up. */
    readonly registry?: ComponentRegistry;
    /** `trustAttributes` of the client that is named; absent: none is, or trust is not computed. */
    readonly trust?: TrustAttributes | undefined;
  },
): ValueMap {
  const { trust } = options;
  // A plain object, because one without prototype is slow to read; `__proto__` was refused before.
  const attributes: Record<string, Value> = trust ? copyTrustAttributes(trust) : {};
  if (options.isConnection) addConnectionFields(attributes, given);
  if (!options.hasOnlyFields) addOthers(attributes, given, options);
  attributes["engine"] = options.engine;
  if (trust && !options.hasOnlyFields) {
    addToKnown(attributes, given, "client");
    addToKnown(attributes, given, "violation");
  }
  if (options.policyEngine) attributes["policy_engine"] = options.policyEngine;
  if (options.isConnection && options.registry) addComponentTypes(attributes, options.registry);
  return attributes;
}

/** Why by name: to go through the names of a map and store each under it takes five times as long. */
function addConnectionFields(attributes: Record<string, Value>, given: ValueMap): void {
  const { client_id, src_type, dst_type, src_ip, dst_ip, src_port, dst_port, protocol } = given;
  if (isGiven(client_id)) attributes["client_id"] = client_id;
  if (isGiven(src_type)) attributes["src_type"] = src_type;
  if (isGiven(dst_type)) attributes["dst_type"] = dst_type;
  if (isGiven(src_ip)) attributes["src_ip"] = src_ip;
  if (isGiven(dst_ip)) attributes["dst_ip"] = dst_ip;
  if (isGiven(src_port)) attributes["src_port"] = src_port;
  if (isGiven(dst_port)) attributes["dst_port"] = dst_port;
  if (isGiven(protocol)) attributes["protocol"] = protocol;
}

function isGiven(value: Value | undefined): value is Value {
  return value !== undefined && value !== null && value !== "";
}

function addOthers(
  attributes: Record<string, Value>,
  given: ValueMap,
  options: { readonly isConnection: boolean; readonly trust?: TrustAttributes | undefined },
): void {
  const { isConnection, trust } = options;
  for (const name of Object.keys(given)) {
    const value = given[name] ?? null;
    if (value === null || (isConnection && CONNECTION_FIELDS.has(name))) continue;
    if (!isEngineName(name) && !(trust && isKnownBetter(name, trust))) attributes[name] = value;
  }
}

/** Names of which the engine alone speaks, whoever is asked about. */
function isEngineName(name: string): boolean {
  return (
    name === "engine" ||
    name.startsWith("engine.") ||
    name === "policy_engine" ||
    name.startsWith("policy_engine.")
  );
}

function addComponentTypes(attributes: Record<string, Value>, registry: ComponentRegistry): void {
  const { src_type, src_ip, dst_type, dst_ip } = attributes;
  const source = isGiven(src_type) ? undefined : componentTypeAt(src_ip, registry);
  if (source !== undefined) attributes["src_type"] = source;
  const destination = isGiven(dst_type) ? undefined : componentTypeAt(dst_ip, registry);
  if (destination !== undefined) attributes["dst_type"] = destination;
}

function componentTypeAt(ip: Value | undefined, registry: ComponentRegistry): string | undefined {
  const address = typeof ip === "string" ? parseAddress(ip) : undefined;
  return address && registry.componentTypeOf(address);
}

/** Whether a name, also a flat one (`client.factors.x`), says something that `trust` knows. */
function isKnownBetter(name: string, trust: ValueMap): boolean {
  if (Object.hasOwn(trust, name)) return true;
  const isFlat = name.startsWith("client.") || name.startsWith("violation.");
  return isFlat && isClientName(name.split("."));
}

/** `given` without what it says of a client's trust, where nobody can tell which client is meant. */
export function withoutTrust(given: ValueMap): ValueMap {
  return Object.fromEntries(
    Object.entries(given)
      .filter(([name]) => !isClientName(name.split(".")))
      .map(([name, value]) => {
        if ((name !== "client" && name !== "violation") || !isPlainMap(value)) return [name, value];
        const said = Object.entries(value).filter(([key]) => !isClientName([name, key]));
        return [name, Object.fromEntries(said)];
      }),
  );
}

/** What the caller says of the client, or of its violations, beside what is known of it. */
function addToKnown(
  attributes: Record<string, Value>,
  given: ValueMap,
  root: "client" | "violation",
): void {
  const said = ownValue(given, root);
  const known = attributes[root] ?? null;
  if (said === undefined || !isPlainMap(said) || !isPlainMap(known)) return;
  attributes[root] = { ...said, ...known };
}
