import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { PdpError } from "../../application/errors.js";
import type { PolicyVersionMark } from "../../application/ports/policy-version-mark.js";
import type { PolicyVersionStore } from "../../application/ports/policy-version-store.js";

const FILE_NAME = "policy-version";

const storedVersion = z.object({
  /** The newest version that has a content. */
  version: z.int().min(1),
  contentHash: z.string().min(1),
  /** The highest number given; absent when it is `version`. */
  reserved: z.int().min(1).optional(),
});
type StoredVersion = z.infer<typeof storedVersion>;

/**
 * Policy versions in `DATA_DIR/policy-version`. A version is on the disk before it is answered; a
 * damaged file is refused (STORAGE_UNAVAILABLE, the cause says how to mend it), because starting
 * again at 1 would let the version go down. One process owns the folder.
 */
export function createFilePolicyVersionStore({
  dataDir,
}: {
  readonly dataDir: string;
}): PolicyVersionStore & PolicyVersionMark {
  const file = join(dataDir, FILE_NAME);
  let stored: StoredVersion | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  /** One after the other, each on what the one before left. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = queue.then(async () => {
      try {
        // Read once: the number held here stays, even when someone deletes the file.
        stored ??= await readStored(file);
        return await act();
      } catch (cause) {
        const what = `the policy version in ${file}`;
        throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what }, { cause });
      }
    });
    queue = result.catch(() => undefined);
    return result;
  }

  async function store(next: StoredVersion): Promise<void> {
    const checked = storedVersion.parse(next);
    await writeDurably(dataDir, file, `${JSON.stringify(checked)}\n`);
    stored = checked;
  }

  function after(atLeast: number): number {
    return Math.max(highestOf(stored) + 1, atLeast);
  }

  return {
    assign: ({ contentHash, fileVersion = 1 }) =>
      inTurn(async () => {
        if (stored?.contentHash === contentHash) return stored.version;
        const version = after(fileVersion);
        await store({ version, contentHash });
        return version;
      }),
    reserve: (atLeast) =>
      inTurn(async () => {
        const reserved = after(atLeast);
        const { version, contentHash } = stored ?? { version: reserved, contentHash: "unknown" };
        await store({ version, contentHash, reserved });
        return reserved;
      }),
    settle: ({ policyVersion, contentHash }) =>
      inTurn(async () => {
        const isNewest = policyVersion >= (stored?.version ?? 0);
        const isKnown = stored?.version === policyVersion && stored.contentHash === contentHash;
        if (!isNewest || isKnown) return;
        const reserved = highestOf(stored);
        const above = reserved > policyVersion ? { reserved } : {};
        await store({ version: policyVersion, contentHash, ...above });
      }),
  };
}

function highestOf(stored: StoredVersion | undefined): number {
  return Math.max(stored?.version ?? 0, stored?.reserved ?? 0);
}

async function readStored(file: string): Promise<StoredVersion | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const stored = storedVersion.safeParse(jsonOf(text));
  if (stored.success) return stored.data;
  throw new Error(
    `${file} is damaged: restore it, or write {"version": N, "contentHash": "unknown"} ` +
      "with N at least the highest policy version that was ever answered",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// The folder is synchronised too: without it, a rename can be undone by a power cut.
async function writeDurably(dataDir: string, file: string, text: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const temporary = `${file}.new`;
  const written = await open(temporary, "w", 0o600);
  try {
    await written.writeFile(text);
    await written.sync();
  } finally {
    await written.close();
  }
  await rename(temporary, file);
  const folder = await open(dataDir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
