import fc from "fast-check";
import { serialize } from "node:v8";
import { describe, expect, it } from "vitest";
import { deserializeSteps, serializeSteps } from "../../../src/adapters/sqlite/serialize-steps.js";
import { finish } from "../../../src/core/finish.js";

/** Objects have the names of our own fields; `node:v8` loses this one. */
const memberName = fc.string().filter((name) => name !== "__proto__");

/** What a state is made of, and lists that are longer than what is written at once. */
const { state } = fc.letrec((tie) => ({
  state: fc.oneof(
    { depthSize: "medium" },
    ...[fc.string(), fc.double(), fc.boolean(), fc.constantFrom(undefined, null, Number.NaN)],
    fc.float64Array().map((numbers) => numbers.slice()),
    fc.int32Array().map((numbers) => numbers.slice()),
    fc.integer({ min: 2040, max: 4200 }).map((length) => Array.from({ length }, (_, n) => n)),
    fc.array(tie("state")),
    fc.dictionary(memberName, tie("state"), { noNullPrototype: true }),
    fc.array(fc.tuple(fc.string(), tie("state"))).map((entries) => new Map(entries)),
    fc.array(fc.integer()).map((numbers) => new Set(numbers)),
  ),
}));

describe("a state that is written in steps", () => {
  it("is the same when it is read", () => {
    fc.assert(
      fc.property(state, (value) => {
        const bytes = finish(serializeSteps(value));
        expect(finish(deserializeSteps(bytes))).toStrictEqual(value);
      }),
    );
  });

  it("is read, too, where `serialize` of `node:v8` wrote it", () => {
    fc.assert(
      fc.property(state, (value) => {
        expect(finish(deserializeSteps(serialize(value)))).toStrictEqual(value);
      }),
    );
  });

  it("has memory of its own, which can be handed over", () => {
    const bytes = finish(serializeSteps({ names: ["a"] }));
    expect([bytes.byteOffset, bytes.byteLength]).toEqual([0, bytes.buffer.byteLength]);
  });

  it("is refused where it was written by something else", () => {
    const bytes = finish(serializeSteps("text"));
    const kind = bytes.lastIndexOf(0);
    expect(() => finish(deserializeSteps(bytes.with(kind, 99)))).toThrow(/99 stands for nothing/);
  });
});
