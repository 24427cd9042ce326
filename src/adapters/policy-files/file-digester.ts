import { stat } from "node:fs/promises";
import { digestOfFunctions, functionFiles, listFunctions } from "./functions-folder.js";
import { digestOf, joinDigests, readFileContent } from "./read-file-content.js";

/** Files up to this size are read at every look: dates lie, content does not. */
const ALWAYS_READ_BYTES = 256 * 1024;
/** Dates within one tick of the file system's clock are equal: a young file may change unseen. */
const YOUNG_MS = 2000;

interface Looked {
  /** Undefined where only reading tells. */
  readonly signature: string | undefined;
  readonly digest: string;
}

/**
 * @param functionsFolder - Undefined: there is none.
 * @returns A function that digests the files as they are now, rereading large ones only when touched.
 */
export function createFileDigester(
  files: readonly string[],
  functionsFolder: string | undefined,
): () => Promise<string> {
  const last = new Map<string, Looked>();

  async function digestFile(file: string): Promise<string> {
    const signature = await signatureOf(file);
    const known = last.get(file);
    if (signature !== undefined && signature === known?.signature) return known.digest;
    const digest = digestOf(await readFileContent(file));
    last.set(file, { signature, digest });
    return digest;
  }

  async function digestFunctions(folder: string): Promise<string> {
    const listing = await listFunctions(folder);
    const digests = [];
    for (const file of functionFiles(listing)) digests.push(await digestFile(file));
    return digestOfFunctions(listing, digests);
  }

  return async () =>
    joinDigests([
      ...(await Promise.all(files.map(digestFile))),
      ...(functionsFolder === undefined ? [] : [await digestFunctions(functionsFolder)]),
    ]);
}

async function signatureOf(file: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(file, { bigint: true });
    const isYoung = Date.now() - Number(ctimeMs) < YOUNG_MS;
    if (isYoung || size <= BigInt(ALWAYS_READ_BYTES)) return undefined;
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return undefined;
  }
}
