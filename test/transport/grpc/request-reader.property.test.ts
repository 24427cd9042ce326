import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestReader } from "../../../src/transport/grpc/request-reader.js";

const utf8 = new TextDecoder();
const decodeUtf8 = (bytes: Uint8Array): string => utf8.decode(bytes);

function bytesOf(texts: readonly string[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const text of texts) writer.string(text);
  return writer.finish();
}

/** All texts, or what was thrown, and where reading stopped. */
function readBy(reader: BinaryReader): { texts: string[]; pos: number; thrown?: string } {
  const texts: string[] = [];
  try {
    while (reader.pos < reader.len) texts.push(reader.string());
    return { texts, pos: reader.pos };
  } catch (error) {
    return { texts, pos: reader.pos, thrown: String(error) };
  }
}

const read = (bytes: Uint8Array) => readBy(new RequestReader(bytes, decodeUtf8));

describe("texts are read as the library reads them", () => {
  // Few letters, so that texts differ in one letter, are equal, or begin alike.
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "b", "\0", "\u007f"), maxLength: 36 }),
    fc.string({ unit: fc.constantFrom("a", "é", "\u0080", "😀"), maxLength: 36 }),
  );

  it("whatever was read before", () => {
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        expect(read(bytesOf(texts)).texts).toEqual(texts);
      }),
      { numRuns: 1000 },
    );
  });

  it("also where more of them come than are remembered", () => {
    const texts = Array.from({ length: 20_000 }, (_, at) => `client-${at % 9_000}`);
    expect(read(bytesOf(texts)).texts).toEqual(texts);
  });

  it("and bytes that are none are refused alike, at the same place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(read(bytes)).toEqual(readBy(new BinaryReader(bytes, decodeUtf8)));
      }),
      { numRuns: 2000 },
    );
  });
});
