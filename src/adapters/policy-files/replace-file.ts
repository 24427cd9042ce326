import { type FileHandle, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PdpError } from "../../application/errors.js";

/** What forbids a replacement, whoever asks; anything else is a fault that may pass. */
const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ["EROFS", "its file system is read-only"],
  ["EACCES", "its folder may not be written by this user"],
  ["EPERM", "its folder may not be written by this user"],
  ["EBUSY", "it is mounted by itself: mount its folder, not the file"],
  ["EXDEV", "it is mounted by itself: mount its folder, not the file"],
  ["ENOENT", "its folder is not there"],
  ["ENOTDIR", "its folder is not there"],
]);

export interface Replacement {
  /** As configured; a symlink is followed. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Called last before the file is replaced; throws to leave it as it is. */
  readonly check?: () => Promise<void>;
}

/**
 * Replaces a file by one rename: whoever reads sees the old or the new content, also after a power
 * cut. Keeps the file's mode, and its owner where it may.
 *
 * @throws {PdpError} POLICY_FILE_READ_ONLY, STORAGE_UNAVAILABLE.
 */
export async function replaceFile({ file, bytes, check }: Replacement): Promise<void> {
  const target = await realPathOf(file);
  const temporary = join(dirname(target), `.${basename(target)}.new`);
  try {
    await refuseConfigMap(file);
    await rm(temporary, { force: true }); // Of a process that was killed; never through a symlink.
    const written = await open(temporary, "wx", 0o644);
    try {
      await keepOwner(written, target);
      await written.writeFile(bytes);
      await written.sync();
    } finally {
      await written.close();
    }
    await check?.();
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw failureOf(file, error);
  }
}

/**
 * Takes a file away; it stays away after a power cut. A symlink is not followed.
 *
 * @throws {PdpError} POLICY_FILE_READ_ONLY, STORAGE_UNAVAILABLE.
 */
export async function removeFile({ file, check }: Omit<Replacement, "bytes">): Promise<void> {
  try {
    await refuseConfigMap(file);
    await check?.();
    await rm(file, { force: true });
    await syncFolder(dirname(file));
  } catch (error) {
    throw failureOf(file, error);
  }
}

/**
 * Whether `replaceFile` has a chance, as far as that shows without trying.
 *
 * @throws {PdpError} POLICY_FILE_READ_ONLY.
 */
export async function checkReplaceable(file: string): Promise<void> {
  const target = await realPathOf(file);
  const probe = join(dirname(target), `.${basename(target)}.new`);
  try {
    await refuseConfigMap(file);
    await rm(probe, { force: true });
    await (await open(probe, "wx", 0o600)).close();
    await rm(probe, { force: true });
  } catch (error) {
    throw failureOf(file, error);
  }
}

async function realPathOf(file: string): Promise<string> {
  return realpath(file).catch(() => resolve(file));
}

// Why: a mounted ConfigMap is swapped whole, and what was written into it is gone.
async function refuseConfigMap(file: string): Promise<void> {
  const link = await readlink(file).catch(() => "");
  if (!link.split("/").includes("..data")) return;
  const why = "it comes from a ConfigMap: change that one, or mount a folder that can be written";
  throw new PdpError({ reason: "POLICY_FILE_READ_ONLY", file, why });
}

async function keepOwner(written: FileHandle, target: string): Promise<void> {
  const before = await stat(target).catch(() => undefined);
  if (before === undefined) return;
  await written.chmod(before.mode & 0o7777);
  await written.chown(before.uid, before.gid).catch(() => undefined);
}

// Without it, a rename can be undone by a power cut.
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

function failureOf(file: string, cause: unknown): unknown {
  if (cause instanceof PdpError) return cause;
  const { code = "" } = cause as NodeJS.ErrnoException;
  const why = FORBIDDEN.get(code);
  const options = { cause };
  return why === undefined
    ? new PdpError({ reason: "STORAGE_UNAVAILABLE", what: `the policy file ${file}` }, options)
    : new PdpError({ reason: "POLICY_FILE_READ_ONLY", file, why }, options);
}
