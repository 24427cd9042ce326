import fc from "fast-check";
import type { Scalar, Value, ValueMap } from "../../src/core/values.js";

/** Texts that readers of numbers, addresses, ports and protocols could stumble over, and any other. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "",
    "any",
    "*",
    "0",
    "-0",
    "1e21",
    "8080",
    "08080",
    "22-79,81-8079",
    "tcp",
    "10.0.0.1",
    "10.0.0.0/8",
    "::ffff:10.0.0.1",
    "fe80::1%eth0",
    "__proto__",
    "constructor",
    "\ud800",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);

const number: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 6, 8080, 65_535, 65_536, 1e21, Number.NaN, Number.POSITIVE_INFINITY),
);

export const anyScalar: fc.Arbitrary<Scalar> = fc.oneof(text, number, fc.boolean());

/** Any attribute, as a decoder may hand it over. */
export const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    anyScalar,
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom("a", "b"), text), tie("value"), { maxKeys: 4 }),
  ),
})).value;

const CONNECTION_FIELDS = [
  "request_id",
  "client_id",
  "src_type",
  "dst_type",
  "src_ip",
  "dst_ip",
  "src_port",
  "dst_port",
  "protocol",
];

/** Any attributes, with the names of a connection's fields among them. */
export const anyValueMap: fc.Arbitrary<ValueMap> = fc.dictionary(
  fc.oneof(fc.constantFrom(...CONNECTION_FIELDS), text),
  anyValue,
  { maxKeys: 12 },
);
