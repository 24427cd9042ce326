import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PdpError } from "../../application/errors.js";
import type { PolicyFunctionStore } from "../../application/ports/policy-function-store.js";
import type { PolicyFunctionEdit } from "../../application/ports/policy-writer.js";
import { readFunctionTexts } from "./policy-texts.js";
import { removeFile, replaceFile } from "./replace-file.js";

/** The policy functions in a folder. */
export function createPolicyFunctionStore(folder: string): PolicyFunctionStore {
  return {
    read: async () => (await readFunctionTexts(folder)).texts,
    fileOf: (functionName) => join(folder, `${functionName}.json`),
  };
}

/**
 * Makes the edit, durably, and the folder before the first one.
 *
 * @param check - Called last before the file is touched; throws to leave it as it is.
 * @throws {PdpError} POLICY_FILE_READ_ONLY, STORAGE_UNAVAILABLE, and what `check` throws.
 */
export async function editFunctionFile(
  { file, text }: PolicyFunctionEdit,
  check: () => Promise<void>,
): Promise<void> {
  if (text === undefined) return removeFile({ file, check });
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (cause) {
    const why = "its folder cannot be made";
    throw new PdpError({ reason: "POLICY_FILE_READ_ONLY", file, why }, { cause });
  }
  return replaceFile({ file, bytes: new TextEncoder().encode(text), check });
}
