import { randomFillSync } from "node:crypto";
import { v4, v7 } from "uuid";
import type { Ids } from "../../application/ports/ids.js";

const UUID_BYTES = 16;
const POOL_SIZE = 256;

/**
 * UUIDs from the machine's cryptographic randomness, fetched 256 at a time: a fetch per identifier
 * costs more than a decision. Identifiers of decisions ascend strictly as text, also
 * within a millisecond and when time goes back.
 */
export function createUuidIds(): Ids {
  const pool = new Uint8Array(POOL_SIZE * UUID_BYTES);
  // Made once: a view costs as much as the rest of an identifier.
  const parts = Array.from({ length: POOL_SIZE }, (_, place) =>
    pool.subarray(place * UUID_BYTES, (place + 1) * UUID_BYTES),
  );
  const bytes = new Uint8Array(UUID_BYTES);
  const textOf = createUuidTexts();
  let used = POOL_SIZE;
  let lastMs = 0;
  let counter = 0;

  function randomBytes(): Uint8Array {
    if (used === POOL_SIZE) {
      randomFillSync(pool);
      used = 0;
    }
    return parts[used++] ?? pool;
  }

  return {
    decisionId(timeMs) {
      const random = randomBytes();
      const now = Math.floor(timeMs);
      if (now > lastMs) {
        lastMs = now;
        counter = startOfCounter(random);
      } else {
        counter = (counter + 1) >>> 0;
        if (counter === 0) lastMs += 1;
      }
      return textOf(v7({ random, msecs: lastMs, seq: counter }, bytes));
    },
    eventId: () => v4(), // The platform's own, which keeps a pool of its own.
  };
}

// Source: RFC 9562, section 6.2, method 1: a random start with the highest bit clear, so that it can count on.
function startOfCounter(random: Uint8Array): number {
  return new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1;
}

const DIGITS = Buffer.from("0123456789abcdef");
/** Where in the text the digits of each byte begin. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const TEXT_LENGTH = 36;

/** Why not the library's: it joins 21 texts, which is a good part of what a decision allocates. */
function createUuidTexts(): (bytes: Uint8Array) => string {
  const text = Buffer.alloc(TEXT_LENGTH, "-");
  return (bytes) => {
    for (let place = 0; place < UUID_BYTES; place += 1) {
      const at = PLACES[place] ?? 0;
      const byte = bytes[place] ?? 0;
      text[at] = DIGITS[byte >> 4] ?? 0;
      text[at + 1] = DIGITS[byte & 15] ?? 0;
    }
    return text.toString("latin1");
  };
}
