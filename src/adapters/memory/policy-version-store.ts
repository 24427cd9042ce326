import type { PolicyVersionMark } from "../../application/ports/policy-version-mark.js";
import type { PolicyVersionStore } from "../../application/ports/policy-version-store.js";

/** Policy versions of this process only: they start from the file's number each time. */
export function createMemoryPolicyVersionStore(): PolicyVersionStore & PolicyVersionMark {
  let newest: { readonly policyVersion: number; readonly contentHash: string } | undefined;
  let highest = 0;

  function reserve(atLeast: number): number {
    highest = Math.max(highest + 1, atLeast);
    return highest;
  }

  return {
    assign({ contentHash, fileVersion = 1 }) {
      if (newest?.contentHash !== contentHash) {
        newest = { policyVersion: reserve(fileVersion), contentHash };
      }
      return Promise.resolve(newest.policyVersion);
    },
    reserve: (atLeast) => Promise.resolve(reserve(atLeast)),
    settle(version) {
      if (version.policyVersion >= (newest?.policyVersion ?? 0)) newest = version;
      highest = Math.max(highest, version.policyVersion);
      return Promise.resolve();
    },
  };
}
