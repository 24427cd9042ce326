import type { ValueMap } from "../core/values.js";

/** A google.protobuf.Struct as the generated code has it: plain data. */
type Struct = Record<string, unknown>;

const NOTHING = Object.freeze(Object.create(null) as Struct);

/**
 * The attributes of a request, exactly as decoded: the decoder builds maps without a prototype, so
 * that a key `__proto__` is an own key, and takes a value without a kind for null. Nothing is
 * checked here.
 */
export function structToValues(struct: Struct | undefined): ValueMap {
  return (struct ?? NOTHING) as ValueMap;
}

/** Values of a policy or an answer, for a Struct field. They are JSON values: always finite. */
export function structFromValues(values: ValueMap): Struct {
  return values;
}
