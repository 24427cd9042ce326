import fc from "fast-check";
import { expect, test } from "vitest";
import { type Body, createBodyWriter } from "../../../src/adapters/sqlite/body-writer.js";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  // Longer than memory that bodies share, and of characters of one, two and three bytes.
  fc
    .tuple(fc.constantFrom("x", "é", "€"), fc.nat({ max: 150_000 }))
    .map(([character, length]) => character.repeat(length)),
);

const textOf = ({ memory, start, length }: Body): string =>
  memory.toString("utf8", start, start + length);

test("bodies are what was written, whatever is written after them", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
      expect(texts.map(createBodyWriter()).map(textOf)).toEqual(texts);
    }),
  );
});

test.each([100, 8000, 33_000, 65_536, 70_000])(
  "bodies of %i bytes hold less than twice their memory",
  (length) => {
    const write = createBodyWriter();
    const bodies = Array.from({ length: 2_000_000 / length }, () => write("x".repeat(length)));
    const held = [...new Set(bodies.map(({ memory }) => memory))];
    const heldBytes = held.reduce((sum, memory) => sum + memory.length, 0);
    expect(heldBytes / (bodies.length * length)).toBeLessThan(2);
  },
);

test("short bodies share memory", () => {
  const [one, other] = ["a", "b"].map(createBodyWriter());
  expect(one?.memory).toBe(other?.memory);
});
