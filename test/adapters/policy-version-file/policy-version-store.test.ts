import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFilePolicyVersionStore } from "../../../src/adapters/policy-version-file/policy-version-store.js";
import { PdpError } from "../../../src/application/errors.js";
import { seenDiskOperations } from "../../support/disk-operations.js";
import { describePolicyVersionStore } from "../../contract/policy-version-store.contract.js";

let dataDir: string;
const file = (): string => join(dataDir, "policy-version");

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "policy-version-"));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

describe("the policy version in DATA_DIR", () => {
  describePolicyVersionStore(() => createFilePolicyVersionStore({ dataDir }));

  it("is the same after a restart with the same content", async () => {
    await createFilePolicyVersionStore({ dataDir }).assign({ contentHash: "a", fileVersion: 5 });
    const restarted = createFilePolicyVersionStore({ dataDir });
    expect(await restarted.assign({ contentHash: "a", fileVersion: 5 })).toBe(5);
  });

  it("goes on after a restart with other content and a lower number in the file", async () => {
    await createFilePolicyVersionStore({ dataDir }).assign({ contentHash: "a", fileVersion: 5 });
    const restarted = createFilePolicyVersionStore({ dataDir });
    expect(await restarted.assign({ contentHash: "b", fileVersion: 1 })).toBe(6);
  });

  it("is in the file before it is answered, and leaves nothing else behind", async () => {
    await createFilePolicyVersionStore({ dataDir }).assign({ contentHash: "a", fileVersion: 5 });
    expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({ version: 5, contentHash: "a" });
    expect(readdirSync(dataDir)).toEqual(["policy-version"]);
  });

  it("is on the disk before it gets its name, and its folder after", async () => {
    const operations = await seenDiskOperations();
    await createFilePolicyVersionStore({ dataDir }).assign({ contentHash: "a", fileVersion: 5 });
    expect(operations).toEqual([
      "sync policy-version.new",
      "rename policy-version.new policy-version",
      `sync ${basename(dataDir)}`,
    ]);
  });

  it("creates the folder", async () => {
    const nested = join(dataDir, "a", "b");
    await createFilePolicyVersionStore({ dataDir: nested }).assign({ contentHash: "a" });
    expect(readdirSync(nested)).toEqual(["policy-version"]);
  });

  it("does not go down when the file is deleted while the engine runs", async () => {
    const store = createFilePolicyVersionStore({ dataDir });
    await store.assign({ contentHash: "a", fileVersion: 5 });
    rmSync(file());
    expect(await store.assign({ contentHash: "b", fileVersion: 1 })).toBe(6);
  });

  it("is not lost to a write that was cut off", async () => {
    await createFilePolicyVersionStore({ dataDir }).assign({ contentHash: "a", fileVersion: 5 });
    writeFileSync(`${file()}.new`, '{"vers');
    const restarted = createFilePolicyVersionStore({ dataDir });
    expect(await restarted.assign({ contentHash: "b" })).toBe(6);
  });
});

describe("what cannot be trusted is refused, and never started again at 1", () => {
  it.each<[damage: string, make: () => void]>([
    ["an empty file", () => writeFileSync(file(), "")],
    ["half a file", () => writeFileSync(file(), '{"version": 5, "conte')],
    ["something else", () => writeFileSync(file(), "[]")],
    ["version 0", () => writeFileSync(file(), '{"version": 0, "contentHash": "a"}')],
    ["a version with a fraction", () => writeFileSync(file(), '{"version":1.5,"contentHash":"a"}')],
    ["a version beyond 2^53", () => writeFileSync(file(), '{"version":1e300,"contentHash":"a"}')],
    ["no content hash", () => writeFileSync(file(), '{"version": 5}')],
    ["a folder in its place", () => mkdirSync(file())],
  ])("%s", async (_damage, make) => {
    make();
    const store = createFilePolicyVersionStore({ dataDir });
    const refused = await store.assign({ contentHash: "a" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PdpError);
    expect(refused).toMatchObject({ failure: { reason: "STORAGE_UNAVAILABLE" } });
    expect(refused).toHaveProperty("message", expect.stringContaining(file()));
  });

  it("the cause says how to mend it, and it works once mended", async () => {
    writeFileSync(file(), "?");
    const store = createFilePolicyVersionStore({ dataDir });
    const refused = await store.assign({ contentHash: "a" }).catch((error: unknown) => error);
    expect(refused).toHaveProperty("cause.message", expect.stringContaining('write {"version": N'));
    writeFileSync(file(), '{"version": 8, "contentHash": "unknown"}');
    expect(await store.assign({ contentHash: "a" })).toBe(9);
  });
});
