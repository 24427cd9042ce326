import { type Address, parseAddress } from "./address.js";
import { parsePort } from "./port-set.js";
import { parseProtocol, type Protocol } from "./protocol.js";
import type { Steps } from "./steps.js";
import { isList, ownValue, type Value, type ValueMap } from "./values.js";

/**
 * One question, parsed once. The connection attributes are lists, because an attribute may be one;
 * what is absent or malformed is simply not in its list (whether malformed is refused is decided
 * before, by `connectionViolations`).
 */
export interface AccessRequest {
  readonly policyType: string;
  /** As the caller gave them, connection fields included, with what the engine added. */
  readonly attributes: ValueMap;
  readonly srcIps: readonly Address[];
  readonly dstIps: readonly Address[];
  /** 1 to 65535. */
  readonly srcPorts: readonly number[];
  readonly dstPorts: readonly number[];
  readonly protocols: readonly Protocol[];
  /**
   * Counted down by the rules and conditions that are asked. Once it is used up the answer means
   * nothing. Absent: a question of its own, where only each condition is bounded.
   */
  readonly allowance?: Steps;
}

/** Parses the connection attributes. Total: what cannot be parsed is left out. */
export function accessRequest(policyType: string, attributes: ValueMap): AccessRequest {
  return {
    policyType,
    attributes,
    srcIps: parsedElements(ownValue(attributes, "src_ip"), parseAddressValue),
    dstIps: parsedElements(ownValue(attributes, "dst_ip"), parseAddressValue),
    srcPorts: parsedElements(ownValue(attributes, "src_port"), parsePort),
    dstPorts: parsedElements(ownValue(attributes, "dst_port"), parsePort),
    protocols: parsedElements(ownValue(attributes, "protocol"), parseProtocol),
  };
}

function parsedElements<T>(
  value: Value | undefined,
  parse: (value: Value) => T | undefined,
): readonly T[] {
  if (value === undefined) return [];
  if (isList(value)) return value.map(parse).filter((element) => element !== undefined);
  const parsed = parse(value);
  return parsed === undefined ? [] : [parsed];
}

function parseAddressValue(value: Value): Address | undefined {
  return typeof value === "string" ? parseAddress(value) : undefined;
}

/** One broken rule of one field of a request. */
export interface FieldViolation {
  /** A path: `dst_port`, `context.device.os`, `context.tags[3]`. */
  readonly field: string;
  /** Reads on after the field's name: `must be from 1 to 65535, got 70000`. */
  readonly rule: string;
}
