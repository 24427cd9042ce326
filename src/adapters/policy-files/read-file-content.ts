import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { sha256 } from "./content-hash.js";
import { MAX_FILE_BYTES } from "./decode-policy-file.js";

/** What stands under a path at one moment. */
export type FileContent =
  | { readonly state: "missing" }
  /** `why` is a sentence about the file. */
  | { readonly state: "unreadable"; readonly why: string }
  | { readonly state: "read"; readonly bytes: Uint8Array };

/** Reads a file through any symlinks. Never throws, and never waits for a pipe. */
export async function readFileContent(path: string): Promise<FileContent> {
  try {
    // Non-blocking, because opening a pipe for reading waits for someone who writes.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return { state: "unreadable", why: "this is not a file" };
      if (stat.size > MAX_FILE_BYTES) {
        return {
          state: "unreadable",
          why: "the file is larger than 64 MiB, the most that is read",
        };
      }
      return { state: "read", bytes: await file.readFile() };
    } finally {
      await file.close();
    }
  } catch (error) {
    return failureOf(error);
  }
}

/** Equal for equal content, whatever the file's dates. */
export function digestOf(content: FileContent): string {
  switch (content.state) {
    case "missing":
      return "missing";
    case "unreadable":
      return `unreadable: ${content.why}`;
    case "read":
      return sha256(content.bytes);
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
