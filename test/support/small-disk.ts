import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A small file system of its own, in memory. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves no room for anything. */
  fill(): void;
  /** Gives the room back. */
  free(): void;
  remount(mode: "ro" | "rw"): void;
}

/**
 * Mounted for one test, which fails where mounting is refused: tests run as root, so that modes of files
 * prove nothing.
 */
export function aSmallDisk(mebibytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "flopynet-disk-"));
  const filler = join(folder, "filler");
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder]);
  onTestFinished(() => {
    execFileSync("umount", [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    fill() {
      const descriptor = openSync(filler, "w");
      try {
        // By the page, so that not even one is left.
        for (;;) writeSync(descriptor, Buffer.alloc(4096));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(descriptor);
      }
    },
    free() {
      rmSync(filler);
    },
    remount(mode) {
      execFileSync("mount", ["-o", `remount,${mode}`, folder]);
    },
  };
}
