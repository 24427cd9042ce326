import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextViolations } from "../../src/core/context-violations.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { anyValueMap } from "../support/arbitrary-values.js";

const ALLOWED = { refuseConnectionFields: false };
const REFUSED = { refuseConnectionFields: true };

function mapOf(keys: number, value: Value = 1): ValueMap {
  return Object.fromEntries(Array.from({ length: keys }, (_, index) => [`k${index}`, value]));
}

/** A context of `depth` levels, itself included. */
function nested(depth: number, wrap: (inner: Value) => Value, inmost: Value = 1): ValueMap {
  let value = inmost;
  for (let level = 1; level < depth; level++) value = wrap(value);
  return { a: value };
}

const inMap = (inner: Value): Value => ({ a: inner });
const inList = (inner: Value): Value => [inner];
const PROTO = JSON.parse('{"__proto__": 1}') as ValueMap;

describe("contextViolations", () => {
  // prettier-ignore
  it.each<[says: string, context: ValueMap]>([
    ["an empty context",                             {}],
    ["null, which is absent",                        { a: null, b: { c: null }, d: [null] }],
    ["256 keys",                                     mapOf(256)],
    ["256 keys in each of several maps",             { a: mapOf(256), b: mapOf(256) }],
    ["8 levels of maps, the context included",       nested(8, inMap)],
    ["8 levels of lists, the context included",      nested(8, inList)],
    ["true on level 8",                              nested(8, inMap, true)],
    ["8 KiB of ASCII",                               { a: "x".repeat(8_192) }],
    ["8 KiB of two bytes each",                      { a: "\u00e9".repeat(4_096) }],
    ["8 KiB of four bytes each",                     { a: "\u{1F600}".repeat(2_048) }],
    ["8 KiB of the first surrogate and the last",    { a: "\u{103ff}".repeat(2_048) }],
    ["a key of 8 KiB",                               { ["k".repeat(8_192)]: 1 }],
    ["a list of 1,000",                              { a: new Array<Value>(1_000).fill(1) }],
    ["negative zero and the largest number",         { a: -0, b: Number.MAX_VALUE }],
    ["other names of objects",                       { constructor: 1, toString: 1 }],
    ["the empty key",                                { "": 1 }],
  ])("accepts %s", (_says, context) => {
    expect(contextViolations(context, REFUSED)).toEqual([]);
  });

  const BYTES = "must be at most 8192 bytes in UTF-8, got";
  // prettier-ignore
  it.each<[says: string, context: ValueMap, field: string, rule: string]>([
    ["257 keys",                     mapOf(257), "context", "must have at most 256 keys, got 257"],
    ["257 keys further in",          { a: [mapOf(257)] }, "context.a[0]", "must have at most 256 keys, got 257"],
    ["9 levels of maps",             nested(9, inMap), "context.a.a.a.a.a.a.a.a", "must not be nested deeper than 8 levels"],
    ["9 levels of lists",            nested(9, inList), "context.a[0][0][0][0][0][0][0]", "must not be nested deeper than 8 levels"],
    ["an empty map on level 9",      nested(8, inMap, {}), "context.a.a.a.a.a.a.a.a", "must not be nested deeper than 8 levels"],
    ["one byte more",                { a: "x".repeat(8_193) }, "context.a", `${BYTES} 8193`],
    ["two bytes each, one too many", { a: "\u00e9".repeat(4_097) }, "context.a", `${BYTES} 8194`],
    ["two bytes, the first such",    { a: "\u0080".repeat(4_097) }, "context.a", `${BYTES} 8194`],
    ["three bytes, the first such",  { a: "\u0800".repeat(2_731) }, "context.a", `${BYTES} 8193`],
    ["three bytes, the last such",   { a: "\uffff".repeat(2_731) }, "context.a", `${BYTES} 8193`],
    ["three bytes each",             { a: "\u20ac".repeat(2_731) }, "context.a", `${BYTES} 8193`],
    ["four bytes each",              { a: "\u{1F600}".repeat(2_049) }, "context.a", `${BYTES} 8196`],
    ["a long key",                   { ["k".repeat(8_193)]: 1 }, `context["${"k".repeat(64)}…"]`, `is a key that ${BYTES} 8193`],
    ["a list of 1,001",              { a: new Array<Value>(1_001).fill(1) }, "context.a", "must have at most 1000 elements, got 1001"],
    ["NaN",                          { a: { b: [1, 2, 3, Number.NaN] } }, "context.a.b[3]", "must be a finite number, got NaN"],
    ["infinity",                     { a: -Infinity }, "context.a", "must be a finite number, got -Infinity"],
    ["the key __proto__",            PROTO, "context.__proto__", "must not be used as a key"],
    ["it at any depth",              { a: [PROTO] }, "context.a[0].__proto__", "must not be used as a key"],
    ["a lone surrogate",             { a: "x\ud800y" }, "context.a", "must be well-formed text, got a lone surrogate"],
    ["a lone surrogate in a key",    { "\udc00": 1 }, 'context["\\udc00"]', "is a key that must be well-formed text, got a lone surrogate"],
  ])("refuses %s", (_says, context, field, rule) => {
    expect(contextViolations(context, ALLOWED)).toEqual([{ field, rule }]);
  });

  it.each([
    "request_id",
    "client_id",
    "src_type",
    "dst_type",
    "src_ip",
    "dst_ip",
    "src_port",
    "dst_port",
    "protocol",
  ])("refuses %s only where the request has a field for it", (name) => {
    expect(contextViolations({ [name]: "x" }, ALLOWED)).toEqual([]);
    expect(contextViolations({ [name]: null, a: { [name]: "x" } }, REFUSED)).toEqual([]);
    expect(contextViolations({ [name]: "x" }, REFUSED)).toEqual([
      {
        field: `context.${name}`,
        rule: `must not be given here: use the request's own field ${name}`,
      },
    ]);
  });

  it("reports the first 20 of many", () => {
    const violations = contextViolations(mapOf(256, Number.NaN), ALLOWED);
    expect(violations.map(({ field }) => field)).toEqual(
      Array.from({ length: 20 }, (_, index) => `context.k${index}`),
    );
  });

  it("does not enter what is nested deeper than a call stack", () => {
    expect(contextViolations(nested(100_000, inList), ALLOWED)).toHaveLength(1);
    expect(contextViolations(nested(100_000, inMap), ALLOWED)).toHaveLength(1);
  });

  it("names a path that begins with context, for any attributes", () => {
    fc.assert(
      fc.property(anyValueMap, (context) => {
        for (const { field } of contextViolations(context, REFUSED)) {
          expect(field).toMatch(/^context[.[]/);
        }
      }),
    );
  });
});
