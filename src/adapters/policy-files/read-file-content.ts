import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { sha256 } from "./content-hash.js";
import { MAX_FILE_BYTES } from "./decode-policy-file.js";

/** What stands under a path at one moment. */
export type FileContent =
  | { readonly state: "missing" }
  /** `why` is a sentence about the file. */
  | { readonly state: "unreadable"; readonly why: string }
  | {
      readonly state: "read";
      readonly bytes: Uint8Array;
      /** SHA-256, hex. */
      readonly digest: string;
    };

/** Read, and hashed, between two turns of everything that waits. */
const CHUNK_BYTES = 256 * 1024;
const TOO_LARGE = "the file is larger than 64 MiB, the most that is read";

/** Reads a file through any symlinks. Never throws, and never waits for a pipe. */
export async function readFileContent(path: string): Promise<FileContent> {
  try {
    // Non-blocking, because opening a pipe for reading waits for someone who writes.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return { state: "unreadable", why: "this is not a file" };
      if (stat.size > MAX_FILE_BYTES) {
        return { state: "unreadable", why: TOO_LARGE };
      }
      return await readChunks(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    return failureOf(error);
  }
}

/** The content of a file with these bytes. */
export function contentOf(bytes: Uint8Array): FileContent {
  return { state: "read", bytes, digest: sha256(bytes) };
}

async function readChunks(file: FileHandle): Promise<FileContent> {
  const hash = createHash("sha256");
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= MAX_FILE_BYTES;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES));
    if (bytesRead === 0) {
      return { state: "read", bytes: Buffer.concat(chunks), digest: hash.digest("hex") };
    }
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    chunks.push(chunk);
    size += bytesRead;
  }
  return { state: "unreadable", why: TOO_LARGE };
}

/** Equal for equal content, whatever the file's dates. */
export function digestOf(content: FileContent): string {
  switch (content.state) {
    case "missing":
      return "missing";
    case "unreadable":
      return `unreadable: ${content.why}`;
    case "read":
      return content.digest;
  }
}

/** The digest of several files together. */
export function joinDigests(digests: readonly string[]): string {
  return digests.join("\n");
}

function failureOf(error: unknown): FileContent {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return { state: "missing" };
  if (code === "EACCES" || code === "EPERM") {
    return { state: "unreadable", why: "the file may not be read by this user" };
  }
  if (code === "ELOOP")
    return { state: "unreadable", why: "this is a symlink that leads to itself" };
  return { state: "unreadable", why: `the file cannot be read: ${message}` };
}
