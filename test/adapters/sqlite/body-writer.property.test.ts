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
const piece = fc.oneof(
  text.map((written) => ({ written, isText: true })),
  text.map((written) => ({ written, isText: false })),
);

const textOf = ({ memory, start, length }: Body): string =>
  memory.toString("utf8", start, start + length);

test("bodies are what was written, whatever is written after them", () => {
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 12 }), (bodies) => {
      const writer = createBodyWriter();
      const ended = bodies.map((pieces) => {
        writer.begin();
        for (const { written, isText } of pieces) {
          if (isText) writer.text(written);
          else writer.bytes(Buffer.from(written));
        }
        return writer.end();
      });
      expect(ended.map(textOf)).toEqual(
        bodies.map((pieces) => pieces.map(({ written }) => written).join("")),
      );
    }),
  );
});

test("what was written of a body that did not end is gone", () => {
  const writer = createBodyWriter();
  writer.begin();
  writer.text("torn");
  writer.begin();
  writer.text("whole");
  expect(textOf(writer.end())).toBe("whole");
});

test.each([100, 8000, 33_000, 65_536, 70_000])(
  "bodies of %i bytes hold less than twice their memory",
  (length) => {
    const writer = createBodyWriter();
    const bodies = Array.from({ length: 2_000_000 / length }, () => {
      writer.text("x".repeat(length));
      return writer.end();
    });
    const held = [...new Set(bodies.map(({ memory }) => memory))];
    const heldBytes = held.reduce((sum, memory) => sum + memory.length, 0);
    expect(heldBytes / (bodies.length * length)).toBeLessThan(2);
  },
);

test("short bodies share memory", () => {
  const writer = createBodyWriter();
  const [one, other] = ["a", "b"].map((written) => {
    writer.text(written);
    return writer.end();
  });
  expect(one?.memory).toBe(other?.memory);
});
