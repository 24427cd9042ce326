import Database from "libsql";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SCHEMA_VERSION } from "../../../src/adapters/sqlite/migrations.js";
import { openSqliteStorage } from "../../../src/adapters/sqlite/sqlite-storage.js";
import { aLoggedDecision, anyDecision } from "../../contract/decision-log.contract.js";
import { anIntent } from "../../contract/policy-history.contract.js";
import { manyEvents, quietLog } from "../../support/events.js";
import { aSmallDisk } from "../../support/small-disk.js";
import { aDataDir, aStorage, aStore } from "../../support/sqlite.js";

const open = (dataDir: string) => openSqliteStorage({ dataDir, log: quietLog });
const UNAVAILABLE = { failure: { reason: "STORAGE_UNAVAILABLE" } };

/** A store whose disk is full until it is freed. */
async function aFullStore() {
  const disk = aSmallDisk(8);
  const store = await aStore(disk.folder);
  disk.fill();
  return { ...store, disk };
}
const big = aLoggedDecision({ attributes: { text: "x".repeat(20_000) } });

describe("DATA_DIR", () => {
  it("belongs to one engine: another is refused, and told which and what to do", async () => {
    const dataDir = aDataDir();
    await aStorage(dataDir);
    await expect(open(dataDir)).rejects.toThrow(
      `DATA_DIR ${dataDir} is used by another engine (process ${process.pid}): stop it`,
    );
  });

  it("is free again after a close", async () => {
    const dataDir = aDataDir();
    await (await aStorage(dataDir)).close();
    expect((await aStorage(dataDir)).opened.newestEvent).toBe(0);
  });

  it("is free again when its database could not be opened", async () => {
    const dataDir = aDataDir();
    await (await aStorage(dataDir)).close();
    const db = new Database(join(dataDir, "policy-engine.db"));
    db.exec("PRAGMA user_version = 999");
    await expect(open(dataDir)).rejects.toThrow(/schema version 999.*a newer one/);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.close();
    expect((await aStorage(dataDir)).opened.newestEvent).toBe(0);
  });

  it("on a read-only file system is refused by name, and told what to do", async () => {
    const disk = aSmallDisk(8);
    await (await aStorage(disk.folder)).close();
    disk.remount("ro");
    await expect(open(disk.folder)).rejects.toThrow(
      /^DATA_DIR .* cannot be used: .*: name a folder that this process can write in$/,
    );
    disk.remount("rw");
    expect((await aStorage(disk.folder)).opened.newestEvent).toBe(0);
  });

  it("that cannot be made is refused by name", async () => {
    await expect(open("/dev/null/data")).rejects.toThrow("DATA_DIR /dev/null/data cannot be used");
  });
});

describe("a database that cannot be used", () => {
  it("is set aside and not deleted, and a new log begins", async () => {
    const first = await aStore();
    first.eventLog.append(manyEvents(3));
    await first.storage.close();
    writeFileSync(join(first.dataDir, "policy-engine.db"), "no database".repeat(1000));

    const { storage, eventLog } = await aStore(first.dataDir);
    expect(storage.opened.setAside?.why).toMatch(/not a database/);
    expect(readdirSync(first.dataDir).some((name) => name.includes(".damaged-"))).toBe(true);
    expect(eventLog.newestSequence()).toBe(0);
    expect(eventLog.logId).not.toBe(first.eventLog.logId);
  });

  it("does not bring the policy version down", async () => {
    const first = await aStore();
    await first.history.begin(anIntent(9));
    await first.history.commit("intent-9", []);
    await first.storage.close();
    writeFileSync(join(first.dataDir, "policy-engine.db"), "no database".repeat(1000));
    expect(await (await aStore(first.dataDir)).history.nextVersion(1)).toBe(10);
  });
});

describe("while the disk is full", () => {
  it("refuses a change of policy, which leaves no trace", async () => {
    const { history, disk } = await aFullStore();
    const intent = anIntent(1, { reason: "x".repeat(100_000) });
    await expect(history.begin(intent)).rejects.toMatchObject(UNAVAILABLE);
    disk.free();
    expect([await history.openIntent(), await history.newest()]).toEqual([undefined, undefined]);
  });

  it("refuses a decision that has to be durable, and counts it", async () => {
    const { decisionLog } = await aFullStore();
    await expect(decisionLog.appendDurably(big)).rejects.toMatchObject(UNAVAILABLE);
    const dropped = { overload: 0, storage_unavailable: 1 };
    expect(decisionLog.counts()).toEqual({ recorded: 0, pending: 0, dropped });
  });

  it("keeps decisions that may wait, and says why nothing is stored", async () => {
    const { decisionLog, storage } = await aFullStore();
    for (let n = 0; n < 10; n += 1) decisionLog.append(big);
    await storage.flush();
    expect(decisionLog.counts()).toMatchObject({ recorded: 0, pending: 10 });
    expect(storage.failure()).toMatch(/full/);
  });

  it("drops decisions beyond what may wait, and accounts for every one", async () => {
    const { decisionLog, storage } = await aFullStore();
    decisionLog.append(big);
    await storage.flush();
    const decision = aLoggedDecision();
    for (let n = 0; n < 20_100; n += 1) decisionLog.append(decision);
    const dropped = { overload: 0, storage_unavailable: 101 };
    expect(decisionLog.counts()).toEqual({ recorded: 0, pending: 20_000, dropped });
  });

  it("stores what waited, in order, as soon as there is space, without being told", async () => {
    const { decisionLog, eventLog, storage, disk } = await aFullStore();
    decisionLog.append(big);
    eventLog.append(manyEvents(3, { details: { text: "x".repeat(20_000) } }));
    await storage.flush();
    disk.free();
    await expect.poll(() => storage.failure(), { timeout: 10_000 }).toBeUndefined();
    await storage.flush();
    expect(decisionLog.counts()).toMatchObject({ recorded: 1, pending: 0 });
    expect(eventLog.newestSequence()).toBe(3);
  });

  it("says so no more as soon as there is space, also where nothing waits", async () => {
    const { history, storage, disk } = await aFullStore();
    const intent = anIntent(1, { reason: "x".repeat(100_000) });
    await expect(history.begin(intent)).rejects.toMatchObject(UNAVAILABLE);
    expect(storage.failure()).toMatch(/full/);
    disk.free();
    await expect.poll(() => storage.failure(), { timeout: 10_000 }).toBeUndefined();
  });

  it("still reads", async () => {
    const { decisionLog, storage } = await aFullStore();
    decisionLog.append(big);
    await storage.flush();
    expect(await decisionLog.list(anyDecision)).toEqual({ decisions: [] });
  });

  it("ends when it is told to, and counts what it could not store", async () => {
    const { decisionLog, storage } = await aFullStore();
    for (let n = 0; n < 10; n += 1) decisionLog.append(big);
    await storage.close();
    const dropped = { overload: 0, storage_unavailable: 10 };
    expect(decisionLog.counts()).toEqual({ recorded: 0, pending: 0, dropped });
  });
});

describe("a database file that is removed while it is in use", () => {
  it("refuses writes instead of losing them, and works again when it is put back", async () => {
    const { dataDir, history, storage } = await aStore();
    const file = join(dataDir, "policy-engine.db");
    renameSync(file, `${file}.away`);
    await expect(history.begin(anIntent(1))).rejects.toMatchObject(UNAVAILABLE);
    expect(storage.failure()).toMatch(/was removed or replaced: put it back/);
    renameSync(`${file}.away`, file);
    await history.begin(anIntent(1));
    expect(storage.failure()).toBeUndefined();
  });
});

describe("a locked database", () => {
  it("refuses changes while another process writes, and works again afterwards", async () => {
    const { dataDir, history, storage } = await aStore();
    const other = new Database(join(dataDir, "policy-engine.db"));
    other.exec("BEGIN IMMEDIATE");
    await expect(history.begin(anIntent(1))).rejects.toMatchObject(UNAVAILABLE);
    expect(storage.failure()).toMatch(/locked/);
    other.exec("ROLLBACK");
    other.close();
    await history.begin(anIntent(1));
    expect(storage.failure()).toBeUndefined();
  });
});

describe("a unit that cannot be carried out", () => {
  it("is undone alone: what shared its transaction is kept", async () => {
    const { storage } = await aStore();
    const insert = (id: string) => ({
      sql: "INSERT INTO events (time_ms, published_id, body) VALUES (0, ?, '{}')",
      params: [id],
    });
    const outcomes = await Promise.allSettled([
      storage.transact([insert("a")]),
      storage.transact([insert("b"), insert("a")]),
      storage.transact([insert("c")]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const rows = await storage.query("SELECT published_id FROM events ORDER BY sequence");
    expect(rows).toEqual([["a"], ["c"]]);
    expect(storage.failure()).toBeUndefined();
  });
});
