import { describe, expect, it } from "vitest";
import { describeEventLog } from "../../contract/event-log.contract.js";
import { anEvent, manyEvents, sequencesOf } from "../../support/events.js";
import { aStore } from "../../support/sqlite.js";

describe("the event log in SQLite", () => {
  describeEventLog(async () => {
    const { eventLog, storage } = await aStore();
    return {
      log: eventLog,
      letOldestGo: () =>
        storage.transact([{ sql: "DELETE FROM events WHERE sequence <= 1", params: [] }], () => {
          eventLog.removedThrough(1);
        }),
      committed: () => storage.flush(),
    };
  });

  it("goes on with the same identity and the next sequence after a restart", async () => {
    const first = await aStore();
    first.eventLog.append(manyEvents(3));
    await first.storage.close();

    const { eventLog, storage } = await aStore(first.dataDir);
    expect([eventLog.logId, eventLog.newestSequence()]).toEqual([first.eventLog.logId, 3]);
    eventLog.append([anEvent()]);
    await storage.flush();
    expect(sequencesOf(await eventLog.read(0, 10))).toEqual([1, 2, 3, 4]);
  });

  it("gives no sequence again that retention removed, not even the newest", async () => {
    const first = await aStore();
    first.eventLog.append(manyEvents(3));
    await first.storage.flush();
    await first.storage.transact([{ sql: "DELETE FROM events", params: [] }]);
    await first.storage.close();

    const { eventLog, storage } = await aStore(first.dataDir);
    expect([eventLog.newestSequence(), eventLog.oldestSequence()]).toEqual([3, 4]);
    eventLog.append([anEvent()]);
    await storage.flush();
    expect(sequencesOf(await eventLog.read(0, 10))).toEqual([4]);
  });

  it("reads what is no longer in memory from the disk, without a seam", async () => {
    const { eventLog, storage } = await aStore();
    for (let n = 0; n < 50; n += 1) {
      eventLog.append(manyEvents(100));
      await storage.flush();
    }
    const read = [...(await eventLog.read(0, 3900)), ...(await eventLog.read(3900, 3000))];
    expect(sequencesOf(read)).toEqual(Array.from({ length: 5000 }, (_, n) => n + 1));
  });

  it("shows nobody an event before it is on the disk", async () => {
    const { eventLog, storage } = await aStore();
    eventLog.append([anEvent()]);
    expect([eventLog.newestSequence(), await eventLog.read(0, 1)]).toEqual([0, []]);
    await storage.flush();
    expect(eventLog.newestSequence()).toBe(1);
  });

  it("refuses offers while 20,000 records wait, and takes what may not be dropped", async () => {
    const { eventLog, storage } = await aStore();
    eventLog.append(manyEvents(20_000));
    expect(eventLog.offer([anEvent()])).toBe(false);
    eventLog.append([anEvent()]);
    await storage.flush();
    expect([eventLog.newestSequence(), eventLog.offer([anEvent()])]).toEqual([20_001, true]);
  });
});
