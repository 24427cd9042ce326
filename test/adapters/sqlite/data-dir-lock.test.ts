import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataDirError, lockDataDir } from "../../../src/adapters/sqlite/data-dir-lock.js";

const folder = (): string => mkdtempSync(join(tmpdir(), "flopynet-lock-"));

function fileIn(parent: string): string {
  const file = join(parent, "file");
  writeFileSync(file, "");
  return file;
}

describe("the folder of an engine", () => {
  it.each<[says: string, path: string]>([
    ["is there already", "."],
    ["is missing", "data"],
    ["is missing with the folders around it", "a/b/data"],
    ["is written with a slash at its end", "data/"],
  ])("is taken where it %s", (_says, path) => {
    const dataDir = join(folder(), path);
    const unlock = lockDataDir(dataDir);
    expect(statSync(dataDir).isDirectory()).toBe(true);
    unlock();
  });

  it.each<[says: string, path: () => string]>([
    ["is a file", () => fileIn(folder())],
    ["would stand in a file", () => join(fileIn(folder()), "data")],
    ["would stand where the system has folders of its own only", () => "/proc/nope"],
    ["would stand below such a place", () => "/proc/nope/a/data"],
  ])("is refused, at once, where it %s", (_says, path) => {
    const dataDir = path();
    expect(() => lockDataDir(dataDir)).toThrow(DataDirError);
    expect(() => lockDataDir(dataDir)).toThrow(
      /^DATA_DIR .* cannot be used: .*: name a folder that this process can write in$/,
    );
  });
});
