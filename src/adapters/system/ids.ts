import { randomFillSync } from "node:crypto";
import { v4, v7 } from "uuid";
import type { Clock } from "../../application/ports/clock.js";
import type { Ids } from "../../application/ports/ids.js";

const UUID_BYTES = 16;
const POOL_BYTES = 256 * UUID_BYTES;

/**
 * UUIDs from the machine's cryptographic randomness, fetched 256 at a time: a fetch per identifier
 * costs more than a decision. Identifiers of decisions ascend strictly as text, also
 * within a millisecond and when the clock goes back.
 */
export function createUuidIds({ clock }: { readonly clock: Pick<Clock, "nowMs"> }): Ids {
  const pool = new Uint8Array(POOL_BYTES);
  const bytes = new Uint8Array(UUID_BYTES);
  const textOf = createUuidTexts();
  let used = POOL_BYTES;
  let lastMs = 0;
  let counter = 0;

  function randomBytes(): Uint8Array {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += UUID_BYTES;
    return pool.subarray(used - UUID_BYTES, used);
  }

  return {
    decisionId() {
      const random = randomBytes();
      const now = Math.floor(clock.nowMs());
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
const DASH = "-".charCodeAt(0);
/** The bytes before which a dash stands. */
const DASHED = [4, 6, 8, 10];

/** Why not the library's: it joins 21 texts, which is a good part of what a decision allocates. */
function createUuidTexts(): (bytes: Uint8Array) => string {
  const text = Buffer.alloc(2 * UUID_BYTES + DASHED.length);
  return (bytes) => {
    let at = 0;
    for (let place = 0; place < UUID_BYTES; place += 1) {
      if (DASHED.includes(place)) text[at++] = DASH;
      const byte = bytes[place] ?? 0;
      text[at++] = DIGITS[byte >> 4] ?? 0;
      text[at++] = DIGITS[byte & 15] ?? 0;
    }
    return text.toString("latin1");
  };
}
