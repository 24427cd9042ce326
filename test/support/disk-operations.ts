import { readlinkSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { devNull } from "node:os";
import { basename } from "node:path";
import { onTestFinished } from "vitest";

/**
 * What is made to last from now on, until the test has ended, in order: `sync NAME` of a file or a
 * folder, `rename NAME NAME`. Nothing is changed: only the order is seen, which no file tells.
 */
export async function seenDiskOperations(): Promise<readonly string[]> {
  const seen: string[] = [];
  const handle = await fs.open(devNull);
  const prototype = Object.getPrototypeOf(handle) as { sync: FileHandle["sync"] };
  await handle.close();
  const { sync } = prototype;
  const { rename } = fs;
  prototype.sync = async function (this: FileHandle) {
    await sync.call(this);
    seen.push(`sync ${basename(readlinkSync(`/proc/self/fd/${this.fd}`))}`);
  };
  fs.rename = async (from, to) => {
    await rename(from, to);
    seen.push(`rename ${basename(String(from))} ${basename(String(to))}`);
  };
  syncBuiltinESMExports();
  onTestFinished(() => {
    prototype.sync = sync;
    fs.rename = rename;
    syncBuiltinESMExports();
  });
  return seen;
}
