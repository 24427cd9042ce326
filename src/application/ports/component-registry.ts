import type { Address } from "../../core/address.js";

/** Which component of the platform has an address (PIP). */
export interface ComponentRegistry {
  /** The component type (`fl-server`, ...), or undefined for an address nobody registered. */
  componentTypeOf(address: Address): string | undefined;
}
