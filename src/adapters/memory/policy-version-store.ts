import type { PolicyVersionStore } from "../../application/ports/policy-version-store.js";

/** Policy versions of this process only: they start from the file's number each time. */
export function createMemoryPolicyVersionStore(): PolicyVersionStore {
  let stored: { readonly version: number; readonly contentHash: string } | undefined;
  return {
    assign({ contentHash, fileVersion = 1 }) {
      if (stored?.contentHash !== contentHash) {
        const version = Math.max((stored?.version ?? 0) + 1, fileVersion);
        stored = { version, contentHash };
      }
      return Promise.resolve(stored.version);
    },
  };
}
