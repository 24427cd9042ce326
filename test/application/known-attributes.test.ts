import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNamesBeside } from "../../src/application/known-attributes.js";
import { createTrustFold } from "../../src/core/trust/fold.js";
import { trustAttributes } from "../../src/core/trust-attributes.js";
import type { ValueMap } from "../../src/core/values.js";

const KNOWN = trustAttributes(createTrustFold().reading("client-1"));

const attributes = fc.dictionary(
  fc.constantFrom("a", "b", "1", "client_id", "__proto__", "constructor"),
  fc.integer(),
  { noNullPrototype: false },
);

describe("the names beside what is known of a client", () => {
  it("are those that the decision has, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(attributes, fc.boolean()), { maxLength: 40 }), (asked) => {
        const namesBeside = createNamesBeside();
        for (const [own, isKnown] of asked) {
          const given = isKnown ? { ...KNOWN, ...own } : own;
          expect(namesBeside(given, isKnown ? KNOWN : undefined)).toEqual(Object.keys(own));
        }
      }),
    );
  });

  it("are one list for each of several kinds of decisions that take turns", () => {
    const namesBeside = createNamesBeside();
    const kinds: readonly ValueMap[] = [{ port: 1 }, { port: 1, src: "a" }, { src: "a" }];
    const lists = [...kinds, ...kinds, ...kinds].map((kind) => namesBeside(kind, undefined));
    expect(new Set(lists).size).toBe(kinds.length);
  });

  it("are remembered for few kinds, and none whose names are long", () => {
    const namesBeside = createNamesBeside();
    const listOf = (name: string) => namesBeside({ [name]: 1 }, undefined);
    const first = listOf("first");
    expect(listOf("first")).toBe(first);
    for (let n = 0; n < 16; n += 1) listOf(`name-${n}`);
    expect(listOf("first")).not.toBe(first);
    expect(listOf("x".repeat(5000))).not.toBe(listOf("x".repeat(5000)));
  });
});
