import { createHash } from "node:crypto";
import { v5 } from "uuid";
import type { Digests } from "../../application/ports/digests.js";

/** Chosen once: another one would give other ids to what is known already. */
const NAME_SPACE = "6f2d1f0a-5f0c-4c7e-9d63-8f5b0d8a5f11";

export function createDigests(): Digests {
  return {
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    uuidOf: (text) => v5(text, NAME_SPACE),
  };
}
