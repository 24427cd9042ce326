import { parseAddressRange, parsePrefix } from "./address.js";
import type { Parsed } from "./parsed.js";
import { parsePortSet } from "./port-set.js";
import { parseProtocol, type Protocol } from "./protocol.js";
import { quoted } from "./quoted.js";
import type { TargetField } from "./target.js";
import { isList, type Scalar, type Value } from "./values.js";

const COMPARISON = /^\s*(?:[<>]|==|!=)/;

/**
 * Reads one key of a rule's `match`. `key` is canonical: aliases were translated, and `condition` is
 * no field. A list means that one of its elements is enough.
 */
export function parseTargetField(key: string, value: Value): Parsed<TargetField> {
  const elements = isList(value) ? value : [value];
  if (elements.length === 0) {
    return {
      ok: false,
      problem: "an empty list matches nothing: name a value, or leave the key out",
    };
  }
  const scalars: Scalar[] = [];
  for (const element of elements) {
    const scalar = parseScalar(element);
    if (!scalar.ok) return scalar;
    scalars.push(scalar.value);
  }
  if (scalars.some((scalar) => isWildcard(key, scalar))) {
    return { ok: true, value: { key, expected: value, kind: "any" } };
  }

  switch (key) {
    case "src_ip":
    case "dst_ip":
      return mapParsed(parseEach(scalars, textual(parsePrefix)), (prefixes) => ({
        key,
        expected: value,
        kind: "address",
        attribute: key,
        prefixes,
      }));
    case "src_ip_range":
    case "dst_ip_range":
      return mapParsed(parseEach(scalars, textual(parseAddressRange)), (ranges) => ({
        key,
        expected: value,
        kind: "address-range",
        attribute: key === "src_ip_range" ? "src_ip" : "dst_ip",
        ranges,
      }));
    case "src_port":
    case "dst_port":
    case "src_port_range":
    case "dst_port_range":
      return mapParsed(parsePortSet(scalars), (ports) => ({
        key,
        expected: value,
        kind: "port",
        attribute: key.startsWith("src") ? "src_port" : "dst_port",
        ports,
      }));
    case "protocol":
      return mapParsed(parseEach(scalars, parseRuleProtocol), (protocols) => ({
        key,
        expected: value,
        kind: "protocol",
        attribute: "protocol",
        protocols,
      }));
    default: {
      const path = key.includes(".") ? key.split(".") : [key];
      return { ok: true, value: { key, expected: value, kind: "equals", path, values: scalars } };
    }
  }
}

function parseScalar(value: Value): Parsed<Scalar> {
  if (value === null || typeof value === "object") {
    const what = value === null ? "null" : isList(value) ? "a list inside a list" : "an object";
    return { ok: false, problem: `must be a text, a number, true or false, got ${what}` };
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { ok: false, problem: `must be a finite number, got ${quoted(value)}` };
  }
  if (typeof value === "string" && COMPARISON.test(value)) {
    return {
      ok: false,
      problem: `${quoted(value)} is a comparison: write it in the rule's condition`,
    };
  }
  return { ok: true, value };
}

function isWildcard(key: string, scalar: Scalar): boolean {
  return (
    scalar === "any" ||
    scalar === "*" ||
    (key === "protocol" && typeof scalar === "string" && scalar.toLowerCase() === "any")
  );
}

function textual<T>(parse: (text: string) => Parsed<T>): (scalar: Scalar) => Parsed<T> {
  return (scalar) =>
    typeof scalar === "string"
      ? parse(scalar)
      : { ok: false, problem: `must be a text, got ${quoted(scalar)}` };
}

function parseRuleProtocol(scalar: Scalar): Parsed<Protocol> {
  const value = parseProtocol(scalar);
  return value === undefined
    ? {
        ok: false,
        problem: `${quoted(scalar)} is not a protocol: write a name such as tcp, or a number from 0 to 255`,
      }
    : { ok: true, value };
}

function parseEach<T>(
  scalars: readonly Scalar[],
  parse: (scalar: Scalar) => Parsed<T>,
): Parsed<readonly T[]> {
  const values: T[] = [];
  const warnings: string[] = [];
  for (const scalar of scalars) {
    const parsed = parse(scalar);
    if (!parsed.ok) return parsed;
    values.push(parsed.value);
    if (parsed.warning !== undefined) warnings.push(parsed.warning);
  }
  return { ok: true, value: values, ...(warnings.length > 0 && { warning: warnings.join("; ") }) };
}

function mapParsed<T>(parsed: Parsed<T>, toField: (value: T) => TargetField): Parsed<TargetField> {
  return parsed.ok ? { ...parsed, value: toField(parsed.value) } : parsed;
}
