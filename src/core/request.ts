import type { Address } from "./address.js";
import type { Protocol } from "./protocol.js";
import type { ValueMap } from "./values.js";

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
  /** 0 to 65535. */
  readonly srcPorts: readonly number[];
  readonly dstPorts: readonly number[];
  readonly protocols: readonly Protocol[];
}

/** One broken rule of one field of a request. */
export interface FieldViolation {
  /** A path: `dst_port`, `context.device.os`, `context.tags[3]`. */
  readonly field: string;
  /** Reads on after the field's name: `must be from 1 to 65535, got 70000`. */
  readonly rule: string;
}
