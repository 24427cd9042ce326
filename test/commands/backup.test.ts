import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manyEvents } from "../support/events.js";
import { runCli } from "../support/run-cli.js";
import { aDataDir, aStore } from "../support/sqlite.js";

async function aClosedStore() {
  const { dataDir, eventLog, storage } = await aStore();
  eventLog.append(manyEvents(3));
  await storage.close();
  return { dataDir, file: join(aDataDir(), "backup.db") };
}

describe("flopynet-policy backup and restore", () => {
  it("copy a database to another DATA_DIR", async () => {
    const { dataDir, file } = await aClosedStore();
    const made = await runCli(["backup", file], { DATA_DIR: dataDir });
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    expect(made.stdout).toMatch(/^\S+backup.db: \d+ bytes, checked\n$/);

    const elsewhere = aDataDir();
    const restored = await runCli(["restore", file, "--data-dir", elsewhere]);
    expect(restored).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await aStore(elsewhere)).eventLog.newestSequence()).toBe(3);
  });

  it("say where the database is that was replaced", async () => {
    const { dataDir, file } = await aClosedStore();
    await runCli(["backup", file, "--data-dir", dataDir]);
    const { stdout } = await runCli(["restore", file, "--data-dir", dataDir]);
    const replaced = /the database that was there: (\S+)/.exec(stdout)?.[1] ?? "none";
    expect(existsSync(replaced)).toBe(true);
  });

  it.each<[says: string, argv: (file: string) => string[], exitCode: number, problem: RegExp]>([
    ["no database to back up", (file) => ["backup", file], 1, /there is no database/],
    ["no backup to restore", (file) => ["restore", file], 1, /there is no backup/],
    ["no file named", () => ["backup"], 2, /missing required argument 'file'/],
  ])("are refused with %s", async (_says, argv, exitCode, problem) => {
    const file = join(aDataDir(), "backup.db");
    const result = await runCli(argv(file), { DATA_DIR: aDataDir() });
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toMatch(problem);
  });

  it("refuse to restore under a running engine, and say which", async () => {
    const { dataDir, file } = await aClosedStore();
    await runCli(["backup", file], { DATA_DIR: dataDir });
    await aStore(dataDir);
    const { exitCode, stderr } = await runCli(["restore", file], { DATA_DIR: dataDir });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining(`is used by another engine (process ${process.pid})`),
    ]);
  });
});
