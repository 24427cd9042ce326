import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Places for texts: enough for the component types, addresses and clients of a federation. */
const PLACES = 4096;
/** Longer ones seldom come again: most are identifiers of requests. */
const LONGEST = 32;
const MOST_ASCII = 0x7f;

// The text at each place, and its bytes, which are compared faster than the text.
const texts = new Array<string | undefined>(PLACES).fill(undefined);
const bytesOfTexts = new Uint8Array(PLACES * LONGEST);

/**
 * A reader that gives a short text that came lately as the same object, instead of making it again:
 * callers say the same words in all they ask, and to make them is the greater part of decoding a
 * check. The memory it takes does not grow.
 */
export class RequestReader extends BinaryReader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, decodeUtf8: (bytes: Uint8Array) => string) {
    super(bytes, decodeUtf8);
    this.#bytes = bytes;
  }

  override string(strict?: boolean): string {
    const start = this.pos;
    const length = this.uint32();
    const from = this.pos;
    const isShort = length <= LONGEST && from + length <= this.len;
    const place = isShort ? placeOf(this.#bytes, from, length) : -1;
    const known = place < 0 ? undefined : texts[place];
    if (known?.length === length && isAt(place, this.#bytes, from, length)) {
      this.pos = from + length;
      return known;
    }
    this.pos = start;
    const text = super.string(strict);
    if (place >= 0) {
      bytesOfTexts.set(this.#bytes.subarray(from, from + length), place * LONGEST);
      texts[place] = text;
    }
    return text;
  }
}

/** -1 for what is not ASCII. */
function placeOf(bytes: Uint8Array, from: number, length: number): number {
  let hash = length;
  for (let at = from; at < from + length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte > MOST_ASCII) return -1;
    hash = Math.imul(hash ^ byte, 0x01000193); // As FNV-1a mixes.
  }
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}

function isAt(place: number, bytes: Uint8Array, from: number, length: number): boolean {
  const start = place * LONGEST;
  for (let at = 0; at < length; at += 1) {
    if (bytesOfTexts[start + at] !== bytes[from + at]) return false;
  }
  return true;
}
