import type { AddressRange, Prefix } from "./address.js";
import type { PortSet } from "./port-set.js";
import type { Protocol } from "./protocol.js";
import type { Scalar, Value } from "./values.js";

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
