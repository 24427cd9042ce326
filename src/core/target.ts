import {
  type Address,
  type AddressRange,
  formatAddress,
  formatAddressRange,
  formatPrefix,
  type Prefix,
  prefixContains,
  rangeContains,
} from "./address.js";
import type { FieldTrace } from "./decision.js";
import { formatPortSet, type PortSet, portSetContains } from "./port-set.js";
import type { Protocol } from "./protocol.js";
import { quoted } from "./quoted.js";
import type { AccessRequest } from "./request.js";
import { isList, lookUp, type Scalar, type Value, valuesEqual } from "./values.js";

/**
 * One key of a rule's `match`, parsed. `key` is the canonical key (aliases are translated before),
 * `expected` the value as the author wrote it.
 */
export type TargetField = { readonly key: string; readonly expected: Value } & (
  | { readonly kind: "any" }
  | {
      readonly kind: "address";
      readonly attribute: "src_ip" | "dst_ip";
      readonly prefixes: readonly Prefix[];
    }
  | {
      readonly kind: "address-range";
      readonly attribute: "src_ip" | "dst_ip";
      readonly ranges: readonly AddressRange[];
    }
  | { readonly kind: "port"; readonly attribute: "src_port" | "dst_port"; readonly ports: PortSet }
  | {
      readonly kind: "protocol";
      readonly attribute: "protocol";
      readonly protocols: readonly Protocol[];
    }
  | {
      readonly kind: "equals";
      /** Split at the dots. */ readonly path: readonly string[];
      readonly values: readonly Scalar[];
    }
);

/** All fields must hold; none means that it holds for every request. */
export type Target = readonly TargetField[];

/** Whether every field holds; an empty target holds for every request. */
export function targetMatches(target: Target, request: AccessRequest): boolean {
  // Why a loop: this is where an answer's time goes, and `every` takes twice as long.
  for (const field of target) {
    if (!fieldHolds(field, request)) return false;
  }
  return true;
}

/** How many fields do not hold: `traceTarget` without the words, which are what costs. */
export function missedFields(target: Target, request: AccessRequest): number {
  return target.reduce((misses, field) => misses + (fieldHolds(field, request) ? 0 : 1), 0);
}

/** How many values of the request `field` looks at: several for a list, at least 1. */
export function valuesRead(field: TargetField, request: AccessRequest): number {
  switch (field.kind) {
    case "any":
      return 1;
    case "address":
    case "address-range":
      return Math.max(1, addresses(field, request).length);
    case "port":
      return Math.max(1, ports(field, request).length);
    case "protocol":
      return Math.max(1, request.protocols.length);
    case "equals": {
      const actual = lookUp(request.attributes, field.path);
      return actual !== undefined && isList(actual) ? Math.max(1, actual.length) : 1;
    }
  }
}

/** How many values, prefixes or ranges each of them is compared with. */
export function valuesAccepted(field: TargetField): number {
  switch (field.kind) {
    case "any":
      return 1;
    case "address":
      return field.prefixes.length;
    case "address-range":
      return field.ranges.length;
    case "port":
      return field.ports.length;
    case "protocol":
      return field.protocols.length;
    case "equals":
      return field.values.length;
  }
}

/** Every field beside what the request has, also those after the first that does not hold. */
export function traceTarget(target: Target, request: AccessRequest): FieldTrace[] {
  return target.map((field) => {
    const matched = fieldHolds(field, request);
    const actual = lookUp(request.attributes, attributePath(field));
    const { key, expected } = field;
    const why = explainField(field, request, { matched, actual });
    return { key, expected, ...(actual !== undefined && { actual }), matched, why };
  });
}

/** THE definition of a field: an absent or malformed attribute does not hold, `any` always does. */
export function fieldHolds(field: TargetField, request: AccessRequest): boolean {
  switch (field.kind) {
    case "any":
      return true;
    case "address":
      return anyAddressIn(field.prefixes, addresses(field, request), prefixContains);
    case "address-range":
      return anyAddressIn(field.ranges, addresses(field, request), rangeContains);
    case "port":
      return anyPortIn(field.ports, ports(field, request));
    case "protocol":
      return anyProtocolIn(field.protocols, request.protocols);
    case "equals": {
      const actual = lookUp(request.attributes, field.path);
      if (actual === undefined) return false;
      if (!isList(actual)) return equalsAny(field.values, actual);
      return actual.some((element) => equalsAny(field.values, element));
    }
  }
}

function anyAddressIn<Accepted>(
  accepted: readonly Accepted[],
  given: readonly Address[],
  contains: (one: Accepted, address: Address) => boolean,
): boolean {
  for (const address of given) {
    for (const one of accepted) if (contains(one, address)) return true;
  }
  return false;
}

function anyPortIn(accepted: PortSet, given: readonly number[]): boolean {
  for (const port of given) if (portSetContains(accepted, port)) return true;
  return false;
}

function anyProtocolIn(accepted: readonly Protocol[], given: readonly Protocol[]): boolean {
  for (const protocol of given) if (accepted.includes(protocol)) return true;
  return false;
}

function equalsAny(values: readonly Scalar[], actual: Value): boolean {
  for (const value of values) {
    if (value === actual || valuesEqual(value, actual)) return true;
  }
  return false;
}

function addresses(
  field: { readonly attribute: "src_ip" | "dst_ip" },
  request: AccessRequest,
): readonly Address[] {
  return field.attribute === "src_ip" ? request.srcIps : request.dstIps;
}

function ports(
  field: { readonly attribute: "src_port" | "dst_port" },
  request: AccessRequest,
): readonly number[] {
  return field.attribute === "src_port" ? request.srcPorts : request.dstPorts;
}

function attributePath(field: TargetField): readonly string[] {
  switch (field.kind) {
    case "any":
      return field.key.split(".");
    case "equals":
      return field.path;
    case "address":
    case "address-range":
    case "port":
    case "protocol":
      return [field.attribute];
  }
}

/** Words for what `fieldHolds` answered; decides nothing. */
function explainField(
  field: TargetField,
  request: AccessRequest,
  result: { readonly matched: boolean; readonly actual: Value | undefined },
): string {
  const { matched, actual } = result;
  if (field.kind === "any") return "any value will do, also none";
  if (actual === undefined) return "absent";
  switch (field.kind) {
    case "address":
    case "address-range": {
      const given = addresses(field, request);
      const expected =
        field.kind === "address"
          ? anyOf(field.prefixes, formatPrefix)
          : anyOf(field.ranges, formatAddressRange);
      if (given.length === 0) return `${quoted(actual)} is not an address`;
      return `${anyOf(given, formatAddress)} is ${matched ? "within" : "outside"} ${expected}`;
    }
    case "port": {
      const given = ports(field, request);
      if (given.length === 0) return `${quoted(actual)} is not a port from 1 to 65535`;
      const expected = formatPortSet(field.ports);
      return `${anyOf(given, String)} is ${matched ? "within" : "outside"} ${expected}`;
    }
    case "protocol":
      if (request.protocols.length === 0) return `${quoted(actual)} is not a protocol`;
      return matched ? "equal" : `${shown(actual)} is not ${shown(field.expected)}`;
    case "equals":
      return matched ? "equal" : `${shown(actual)} is not ${shown(field.expected)}`;
  }
}

function shown(value: Value): string {
  return isList(value) ? anyOf(value, quoted) : quoted(value);
}

const MOST_SHOWN = 10;

function anyOf<T>(values: readonly T[], textOf: (value: T) => string): string {
  if (values.length === 0) return "nothing";
  const rest = values.length - MOST_SHOWN;
  const shownTexts = values.slice(0, MOST_SHOWN).map(textOf);
  return [...shownTexts, ...(rest > 0 ? [`${rest} more`] : [])].join(" or ");
}
