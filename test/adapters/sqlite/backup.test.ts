import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backUpDatabase, restoreDatabase } from "../../../src/adapters/sqlite/backup.js";
import { createEventCursors } from "../../../src/application/event-cursor.js";
import { aLoggedDecision, anyDecision } from "../../contract/decision-log.contract.js";
import { anIntent } from "../../contract/policy-history.contract.js";
import { manyEvents } from "../../support/events.js";
import { aDataDir, aStore } from "../../support/sqlite.js";

/** A store with three events, a decision and policy version 7, and a backup of it. */
async function aBackup() {
  const store = await aStore();
  const file = join(aDataDir(), "backup.db");
  store.eventLog.append(manyEvents(3));
  store.decisionLog.append(aLoggedDecision({ requestId: "kept" }));
  await store.history.begin(anIntent(7));
  await store.history.commit("intent-7", []);
  await store.storage.flush();
  backUpDatabase(store.dataDir, file);
  return { ...store, file };
}

describe("a backup", () => {
  it("is made while the store is in use, and holds what was committed before", async () => {
    const { file, eventLog, storage } = await aBackup();
    eventLog.append(manyEvents(5));
    await storage.flush();

    const dataDir = aDataDir();
    restoreDatabase(dataDir, file);
    const restored = await aStore(dataDir);
    expect(restored.eventLog.newestSequence()).toBe(3);
    expect((await restored.decisionLog.list(anyDecision)).decisions).toHaveLength(1);
    expect((await restored.history.newest())?.policyVersion).toBe(7);
  });

  it("is for its owner alone, as the database is, also where it is restored", async () => {
    const { dataDir, file, storage } = await aBackup();
    const others = ["-wal", "-shm", ""].map((suffix) => join(dataDir, `policy-engine.db${suffix}`));
    const modes = [file, ...others].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o600]);

    await storage.close();
    chmodSync(file, 0o644);
    restoreDatabase(dataDir, file);
    expect(statSync(join(dataDir, "policy-engine.db")).mode & 0o777).toBe(0o600);
  });

  it("does not overwrite a file", async () => {
    const { dataDir, file } = await aBackup();
    expect(() => backUpDatabase(dataDir, file)).toThrow(/exists already/);
  });

  it("needs a database", () => {
    expect(() => backUpDatabase(aDataDir(), "/nowhere/backup.db")).toThrow(/there is no database/);
  });

  it("leaves nothing behind where it cannot be written", async () => {
    const { dataDir } = await aStore();
    expect(() => backUpDatabase(dataDir, "/nowhere/backup.db")).toThrow(/cannot be backed up/);
  });
});

describe("a restored database", () => {
  it("is another log: cursors of before are refused", async () => {
    const { dataDir, file, eventLog, storage } = await aBackup();
    await storage.close();
    restoreDatabase(dataDir, file);
    const restored = await aStore(dataDir);
    const cursor = createEventCursors(eventLog.logId).cursorAt(2);
    const cursors = createEventCursors(restored.eventLog.logId);
    expect(() => cursors.sequenceOf(cursor, 3, "after_cursor")).toThrow(/another event log/);
  });

  it("does not bring the policy version down", async () => {
    const { dataDir, file, history, storage } = await aBackup();
    await history.begin(anIntent(8));
    await history.commit("intent-8", []);
    await storage.close();
    restoreDatabase(dataDir, file);
    const restored = await aStore(dataDir);
    expect((await restored.history.newest())?.policyVersion).toBe(7);
    expect(await restored.history.nextVersion(1)).toBe(9);
  });

  it("has no open intent, whatever was open when the backup was made", async () => {
    const { dataDir, history, storage } = await aBackup();
    await history.begin(anIntent(8));
    const file = join(dataDir, "with-intent.db");
    backUpDatabase(dataDir, file);
    await storage.close();
    restoreDatabase(dataDir, file);
    expect(await (await aStore(dataDir)).history.openIntent()).toBeUndefined();
  });

  it("keeps the database that was there", async () => {
    const { dataDir, file, storage } = await aBackup();
    await storage.close();
    const { replaced = "none" } = restoreDatabase(dataDir, file);
    expect(existsSync(replaced)).toBe(true);
  });

  it("is refused while an engine uses DATA_DIR, naming it", async () => {
    const { dataDir, file } = await aBackup();
    expect(() => restoreDatabase(dataDir, file)).toThrow(
      `DATA_DIR ${dataDir} is used by another engine (process ${process.pid})`,
    );
  });

  it.each<[says: string, spoil: (file: string) => void, problem: RegExp]>([
    [
      "that is missing",
      (file) => {
        rmSync(file);
      },
      /there is no backup/,
    ],
    [
      "that is no database",
      (file) => {
        writeFileSync(file, "x".repeat(10_000));
      },
      /not a database/,
    ],
    [
      "that is empty",
      (file) => {
        writeFileSync(file, "");
      },
      /not a database of this engine/,
    ],
    [
      "with a damaged page",
      (file) => {
        writeFileSync(file, damaged(readFileSync(file)));
      },
      /cannot be restored/,
    ],
  ])("is not made from a backup %s, and nothing changes", async (_says, spoil, problem) => {
    const { dataDir, file, storage } = await aBackup();
    await storage.close();
    const before = readdirSync(dataDir);
    spoil(file);
    expect(() => restoreDatabase(dataDir, file)).toThrow(problem);
    expect(readdirSync(dataDir)).toEqual(before);
    expect((await aStore(dataDir)).eventLog.newestSequence()).toBe(3);
  });
});

/** Every page but the first one is overwritten. */
function damaged(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xa5)]);
}
