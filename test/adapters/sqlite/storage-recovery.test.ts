import {
  endStorageThread,
  endStorageThreadAt,
  letNextCommitFail,
} from "../../support/storage-threads.js";
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SetAsideDatabase } from "../../../src/adapters/sqlite/storage-messages.js";
import { aLoggedDecision, anyDecision } from "../../contract/decision-log.contract.js";
import { anIntent } from "../../contract/policy-history.contract.js";
import { anEvent, manyEvents, sequencesOf } from "../../support/events.js";
import { aStore } from "../../support/sqlite.js";

type Store = Awaited<ReturnType<typeof aStore>>;

const STORED_DECISIONS = "SELECT sum(json_array_length(decisions)) FROM decision_chunks";
const UNAVAILABLE = { failure: { reason: "STORAGE_UNAVAILABLE" } };

async function works({ storage }: Store): Promise<void> {
  await expect.poll(() => storage.failure(), { timeout: 10_000 }).toBeUndefined();
}

describe("a storage thread that ends", () => {
  it("is started again, and the log goes on", async () => {
    const store = await aStore();
    store.eventLog.append([anEvent()]);
    await store.storage.flush();
    await endStorageThread();
    expect(store.storage.failure()).toMatch(/storage thread/);
    await works(store);
    store.eventLog.append([anEvent()]);
    await store.storage.flush();
    expect(sequencesOf(await store.eventLog.read(0, 10))).toEqual([1, 2]);
  });

  it("is started again where nobody asks for anything", async () => {
    const store = await aStore();
    await endStorageThread();
    await works(store);
  });

  it.each(["before a commit", "after a commit"] as const)(
    "%s leaves nothing twice, and nothing out, of what it was about to store",
    async (moment) => {
      const store = await aStore();
      const { eventLog, decisionLog, storage } = store;
      for (let round = 1; round <= 5; round += 1) {
        eventLog.append(manyEvents(5));
        for (let n = 0; n < 300; n += 1) decisionLog.append(aLoggedDecision());
        endStorageThreadAt(moment);
        await expect
          .poll(() => decisionLog.counts(), { timeout: 10_000 })
          .toMatchObject({
            ...{ recorded: 300 * round, pending: 0 },
          });
        await works(store);
      }
      expect(await storage.query(STORED_DECISIONS)).toEqual([[1500]]);
      const sequences = sequencesOf(await eventLog.read(0, 1000));
      expect(sequences).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
    },
  );

  it("after the commit of a change has made the change", async () => {
    const { history, eventLog, storage } = await aStore();
    await history.begin(anIntent(7));
    endStorageThreadAt("after a commit");
    await history.commit("intent-7", [anEvent({ eventType: "POLICY_UPDATED" })]);
    expect([(await history.newest())?.policyVersion, eventLog.newestSequence()]).toEqual([7, 1]);
    expect(storage.failure()).toBeUndefined();
  });

  it("before the commit of a change has made nothing of it", async () => {
    const store = await aStore();
    endStorageThreadAt("before a commit");
    await expect(store.history.begin(anIntent(7))).rejects.toMatchObject(UNAVAILABLE);
    await works(store);
    expect(await store.history.openIntent()).toBeUndefined();
  });

  it("refuses a change of policy meanwhile, and takes it afterwards", async () => {
    const store = await aStore();
    await endStorageThread();
    await expect(store.history.begin(anIntent(1))).rejects.toMatchObject(UNAVAILABLE);
    await works(store);
    await store.history.begin(anIntent(1));
    expect((await store.history.openIntent())?.policyVersion).toBe(1);
  });

  it("does not begin a new database where the file was removed: it waits until it is put back", async () => {
    const store = await aStore();
    store.eventLog.append([anEvent()]);
    await store.storage.flush();
    const file = join(store.dataDir, "policy-engine.db");
    renameSync(file, `${file}.away`);
    await endStorageThread();
    await expect
      .poll(() => store.storage.failure())
      .toMatch(/was removed or replaced: put it back/);
    expect(existsSync(file)).toBe(false);
    renameSync(`${file}.away`, file);
    await works(store);
    expect(store.eventLog.newestSequence()).toBe(1);
  });
});

describe("an I/O error of the disk", () => {
  it("refuses a change, of which nothing is kept, and is over when the disk works", async () => {
    const store = await aStore();
    letNextCommitFail();
    await expect(store.history.begin(anIntent(1))).rejects.toMatchObject(UNAVAILABLE);
    expect(store.storage.failure()).toMatch(/I\/O error/);
    expect(await store.history.openIntent()).toBeUndefined();
    await works(store);
  });

  it("lets records wait, each of which is stored once", async () => {
    const store = await aStore();
    letNextCommitFail();
    store.eventLog.append(manyEvents(5));
    for (let n = 0; n < 50; n += 1) store.decisionLog.append(aLoggedDecision());
    await expect.poll(() => store.decisionLog.counts().recorded, { timeout: 10_000 }).toBe(50);
    expect(sequencesOf(await store.eventLog.read(0, 10))).toEqual([1, 2, 3, 4, 5]);
    expect((await store.decisionLog.list({ ...anyDecision, limit: 100 })).decisions).toHaveLength(
      50,
    );
  });
});

describe("the write-ahead log of a database in use", () => {
  it.each(["policy-engine.db-wal", "policy-engine.db-shm"])(
    "may be removed (%s): nothing that was acknowledged is lost, and what comes is stored",
    async (name) => {
      const first = await aStore();
      first.eventLog.append(manyEvents(3));
      await first.storage.flush();
      rmSync(join(first.dataDir, name));
      first.eventLog.append([anEvent()]);
      await expect.poll(() => first.eventLog.newestSequence(), { timeout: 10_000 }).toBe(4);
      expect(first.storage.failure()).toBeUndefined();
      await first.storage.close();
      const { eventLog } = await aStore(first.dataDir);
      expect(sequencesOf(await eventLog.read(0, 10))).toEqual([1, 2, 3, 4]);
    },
  );
});

describe("a database that is damaged while it is in use", () => {
  /** 3,000 events and policy version 7, and a file of which only the first page can be read. */
  async function aDamagedStore() {
    const store = await aStore();
    await store.history.begin(anIntent(7));
    await store.history.commit("intent-7", []);
    store.eventLog.append(manyEvents(3000, { details: { text: "x".repeat(500) } }));
    await store.storage.flush();
    await store.storage.query("PRAGMA wal_checkpoint(TRUNCATE)");
    const file = join(store.dataDir, "policy-engine.db");
    const descriptor = openSync(file, "r+");
    writeSync(descriptor, Buffer.alloc(statSync(file).size - 4096, 0xff), 0, null, 4096);
    closeSync(descriptor);
    const setAside: SetAsideDatabase[] = [];
    store.storage.onSetAside((told) => setAside.push(told));
    await expect(store.eventLog.read(0, 2000)).rejects.toThrow(/malformed/);
    await works(store);
    return { ...store, setAside };
  }

  it("is set aside, not deleted, and somebody is told where and why", async () => {
    const { setAside } = await aDamagedStore();
    expect(setAside).toEqual([
      { file: expect.stringMatching(/\.damaged-/) as string, why: expect.any(String) as string },
    ]);
    expect(existsSync(setAside[0]?.file ?? "")).toBe(true);
  });

  it("is followed by one with the same identity, whose sequences go on", async () => {
    const { eventLog, storage } = await aDamagedStore();
    expect([eventLog.oldestSequence(), eventLog.newestSequence()]).toEqual([3001, 3000]);
    eventLog.append([anEvent()]);
    await storage.flush();
    expect(sequencesOf(await eventLog.read(0, 10))).toEqual([3001]);
  });

  it("goes on with the same identity and sequences after a restart", async () => {
    const first = await aDamagedStore();
    first.eventLog.append([anEvent()]);
    await first.storage.close();
    const { eventLog } = await aStore(first.dataDir);
    expect([eventLog.logId, eventLog.oldestSequence(), eventLog.newestSequence()]).toEqual([
      ...[first.eventLog.logId, 3001, 3001],
    ]);
  });

  it("does not bring the policy version down", async () => {
    const { history } = await aDamagedStore();
    expect([await history.newest(), await history.nextVersion(1)]).toEqual([undefined, 8]);
  });

  it("records decisions again, and accounts for every one", async () => {
    const { decisionLog, storage } = await aDamagedStore();
    decisionLog.append(aLoggedDecision());
    await storage.flush();
    expect(decisionLog.counts()).toMatchObject({ recorded: 1, pending: 0 });
    expect((await decisionLog.list(anyDecision)).decisions).toHaveLength(1);
  });
});
