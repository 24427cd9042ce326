import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { PdpError } from "../../application/errors.js";
import type { PolicyFunctionStore } from "../../application/ports/policy-function-store.js";
import { readFunctionTexts } from "./policy-texts.js";
import { checkReplaceable, replaceFile } from "./replace-file.js";

/** The policy functions in a folder, which is made when the first one is written. */
export function createPolicyFunctionStore(folder: string): PolicyFunctionStore {
  return {
    read: async () => (await readFunctionTexts(folder)).texts,
    fileOf: (functionName) => join(folder, `${functionName}.json`),
    async write(file, text) {
      try {
        await mkdir(folder, { recursive: true });
      } catch (cause) {
        const why = "its folder cannot be made";
        throw new PdpError({ reason: "POLICY_FILE_READ_ONLY", file, why }, { cause });
      }
      await replaceFile({ file, bytes: new TextEncoder().encode(text) });
    },
    async remove(file) {
      await checkReplaceable(file);
      await rm(file, { force: true });
    },
  };
}
