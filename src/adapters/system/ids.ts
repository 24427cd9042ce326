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
      return v7({ random, msecs: lastMs, seq: counter });
    },
    eventId: () => v4(), // The platform's own, which keeps a pool of its own.
  };
}

// Source: RFC 9562, section 6.2, method 1: a random start with the highest bit clear, so that it can count on.
function startOfCounter(random: Uint8Array): number {
  return new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1;
}
