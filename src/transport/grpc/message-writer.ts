import { writeText } from "./write-text.js";

const FIRST_SIZE = 64 * 1024;
/** Longer memory is not kept for the next message. */
const MOST_KEPT = 4 * 2 ** 20;
const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
/** A varint and a tag. */
const MOST_OF_A_NUMBER = 20;

/** Writes the fields of protobuf messages, one after the other, into memory that it keeps. */
export interface MessageWriter {
  start(): void;
  /** A text; not written where it is empty. */
  text(field: number, text: string): void;
  /** A text, also an empty one. */
  member(field: number, text: string): void;
  /** A whole number from 0 to 2^53 - 1; not written where it is 0. */
  count(field: number, value: number): void;
  /** The same, also 0. */
  field(field: number, value: number): void;
  double(field: number, value: number): void;
  /** Begins a message: what is written up to `end` are its fields. @returns Its place, for `end`. */
  begin(field: number): number;
  end(place: number): void;
  /** What was written since `start`, then `rest`. */
  finish(rest: Uint8Array): Buffer;
}

export function createMessageWriter(): MessageWriter {
  let bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  let at = 0;

  function makeRoom(length: number): void {
    if (at + length <= bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, at + length));
    bytes.copy(larger, 0, 0, at);
    bytes = larger;
  }

  function varint(value: number): void {
    let left = value;
    for (; left > 0x7f_ff_ff_ff; left = Math.floor(left / 128)) bytes[at++] = (left % 128) | 128;
    for (; left > 127; left >>>= 7) bytes[at++] = (left & 127) | 128;
    bytes[at++] = left;
  }

  /** A varint at `place` of what was written after it, where one byte was left for it. */
  function lengthSince(place: number): void {
    const length = at - place - 1;
    if (length > 127) {
      const more = varintBytes(length) - 1;
      makeRoom(more);
      bytes.copyWithin(place + 1 + more, place + 1, at);
    }
    const end = at + varintBytes(length) - 1;
    at = place;
    varint(length);
    at = end;
  }

  function member(field: number, text: string): void {
    makeRoom(MOST_OF_A_NUMBER + 3 * text.length);
    varint(field * 8 + DELIMITED);
    const place = at;
    at = writeText(bytes, place + 1, text);
    lengthSince(place);
  }

  function field(number: number, value: number): void {
    makeRoom(MOST_OF_A_NUMBER);
    varint(number * 8 + VARINT);
    varint(value);
  }

  return {
    start() {
      at = 0;
    },
    text(number, text) {
      if (text !== "") member(number, text);
    },
    member,
    count(number, value) {
      if (value !== 0) field(number, value);
    },
    field,
    double(number, value) {
      makeRoom(MOST_OF_A_NUMBER);
      varint(number * 8 + FIXED_64);
      at = bytes.writeDoubleLE(value, at);
    },
    begin(number) {
      makeRoom(MOST_OF_A_NUMBER);
      varint(number * 8 + DELIMITED);
      at += 1;
      return at - 1;
    },
    end: lengthSince,
    finish(rest) {
      const written = Buffer.allocUnsafe(at + rest.length);
      bytes.copy(written, 0, 0, at);
      written.set(rest, at);
      if (bytes.length > MOST_KEPT) bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
      return written;
    },
  };
}

/** How many bytes a whole number from 0 to 2^53 - 1 takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = value; left > 127; left = Math.floor(left / 128)) bytes += 1;
  return bytes;
}
