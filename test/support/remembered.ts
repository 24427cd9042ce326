import type { Federation } from "./trust-federation.js";

/** All that a fold remembers: what is known of each client, and what a snapshot has. */
export function remembered({ fold }: Federation): unknown {
  const readings = [...fold.clientIds()].map((client) => fold.reading(client));
  return structuredClone({ readings, snapshot: fold.snapshot() });
}
