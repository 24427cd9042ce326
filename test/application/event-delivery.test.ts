import { afterEach, describe, expect, it } from "vitest";
import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createEventCursors } from "../../src/application/event-cursor.js";
import type { EventLog } from "../../src/application/ports/event-log.js";
import { aFeed, anEvent, closeReaders, EVERYTHING, manyEvents, read } from "../support/events.js";

const until = { timeout: 5000, interval: 2 };
const MATCHING = { filter: { ...EVERYTHING, eventTypes: ["WANTED"] } };
const wanted = anEvent({ eventType: "WANTED" });

afterEach(closeReaders);

describe("a subscriber that cannot take more", () => {
  it("gets nothing until it can, and then everything it has not got", async () => {
    const { feed, eventLog } = aFeed();
    const [slow, fast] = [read(feed, {}, 2), read(feed)];
    await expect.poll(() => slow.batches.length, until).toBe(1);
    eventLog.append(manyEvents(1));
    await expect.poll(() => slow.batches.length, until).toBe(2);
    for (let n = 0; n < 5; n += 1) {
      eventLog.append(manyEvents(100));
      await expect.poll(() => fast.events().length, until).toBe(1 + 100 * (n + 1));
    }
    expect(slow.sequences()).toEqual([1]);
    slow.more();
    await expect.poll(() => slow.events().length, until).toBe(501);
    expect(slow.sequences()).toEqual(Array.from({ length: 501 }, (_, n) => n + 1));
  });

  it("is told what the log has removed meanwhile: RETENTION, with all of the range", async () => {
    const { feed, eventLog } = aFeed({ capacity: 10 });
    const slow = read(feed, MATCHING, 1);
    await expect.poll(() => slow.batches.length, until).toBe(1);
    eventLog.append(manyEvents(30));
    eventLog.append([wanted]);
    slow.more();
    await expect.poll(slow.sequences, until).toEqual([31]);
    expect(slow.lost()).toEqual([
      { count: 21, firstSequence: 1, lastSequence: 21, cause: "retention" },
    ]);
  });

  it("is moved to the head when it is too far behind: SLOW_CONSUMER, with what matched", async () => {
    const { feed, eventLog } = aFeed({ subscriberMaxLag: 20, capacity: 10_000 });
    const slow = read(feed, MATCHING, 1);
    await expect.poll(() => slow.batches.length, until).toBe(1);
    for (let n = 0; n < 1000; n += 1) eventLog.append([wanted, anEvent(), anEvent()]);
    slow.more();
    await expect
      .poll(() => slow.lost(), until)
      .toEqual([{ count: 1000, firstSequence: 1, lastSequence: 3000, cause: "slow_consumer" }]);
    eventLog.append([wanted]);
    await expect.poll(slow.sequences, until).toEqual([3001]);
  });

  it("loses nothing where nothing of it was asked for", async () => {
    const { feed, eventLog } = aFeed({ subscriberMaxLag: 20, capacity: 10_000 });
    const slow = read(feed, MATCHING, 1);
    await expect.poll(() => slow.batches.length, until).toBe(1);
    eventLog.append(manyEvents(100));
    slow.more();
    const head = createEventCursors(eventLog.logId).cursorAt(100);
    await expect.poll(() => slow.batches.at(-1)?.cursor, until).toBe(head);
    expect(slow.lost()).toEqual([]);
  });

  it("resumes before what it is being moved past, until it has been told", async () => {
    const { feed, eventLog } = aFeed({ subscriberMaxLag: 20, capacity: 30_000, bookmarkS: 0.001 });
    const slow = read(feed, {}, 1);
    await expect.poll(() => slow.batches.length, until).toBe(1);
    eventLog.append(manyEvents(5000));
    slow.more();
    await expect.poll(() => slow.lost(), until).toMatchObject([{ count: 5000 }]);
    const told = slow.batches.findIndex(({ lost }) => lost !== undefined);
    expect(told).toBeGreaterThan(1); // Bookmarks came while it was being moved.
    const resumePoints = new Set(slow.batches.slice(0, told).map(({ cursor }) => cursor));
    expect(resumePoints).toEqual(new Set([createEventCursors(eventLog.logId).cursorAt(0)]));
  });

  it("is not moved when it is as far behind as is allowed", async () => {
    const { feed, eventLog } = aFeed({ subscriberMaxLag: 20 });
    const slow = read(feed, {}, 1);
    await expect.poll(() => slow.batches.length, until).toBe(1);
    eventLog.append(manyEvents(20));
    slow.more();
    await expect.poll(() => slow.events().length, until).toBe(20);
    expect(slow.lost()).toEqual([]);
  });

  it("that throws is dropped, and the others go on", async () => {
    const { feed, eventLog } = aFeed({ maxSubscribers: 2 });
    feed.subscribe(
      { filter: EVERYTHING, afterCursor: "", last: 0 },
      {
        deliver() {
          throw new Error("gone");
        },
        end: () => undefined,
      },
    );
    const other = read(feed);
    eventLog.append(manyEvents(1));
    await expect.poll(other.sequences, until).toEqual([1]);
    expect(() => read(feed)).not.toThrow();
  });
});

describe("a subscriber for which the log is being read", () => {
  it("waits its turn, not until those that came before it have all they want", async () => {
    const stored = createMemoryEventLog({ capacity: 60_000 });
    // One read after the other, as a disk does.
    let disk = Promise.resolve();
    const places: number[] = [];
    const eventLog: EventLog = {
      ...stored,
      read(after, limit) {
        places.push(after);
        disk = disk.then(() => new Promise((resolve) => setTimeout(resolve, 1)));
        return disk.then(() => stored.read(after, limit));
      },
    };
    stored.append(manyEvents(60_000));
    const { feed } = aFeed({ eventLog });
    const cursors = createEventCursors(eventLog.logId);
    const before = read(feed, { afterCursor: cursors.cursorAt(0) });
    await expect.poll(() => before.events().length, until).toBeGreaterThan(0);
    const [wanted, readBefore] = [200 * 256, places.length];
    read(feed, { afterCursor: cursors.cursorAt(wanted) });
    await expect.poll(() => places.includes(wanted), until).toBe(true);
    expect(places.indexOf(wanted) - readBefore).toBeLessThan(10);
  });

  it("is looked at when that has come, not all the time until then", async () => {
    const stored = createMemoryEventLog({ capacity: 10_000 });
    const reads: (() => void)[] = [];
    let looks = 0;
    const eventLog: EventLog = {
      ...stored,
      oldestSequence() {
        looks += 1;
        return stored.oldestSequence();
      },
      read: (after, limit) =>
        new Promise((resolve) => {
          reads.push(() => {
            resolve(stored.read(after, limit));
          });
        }),
    };
    stored.append(manyEvents(5000));
    const { feed } = aFeed({ eventLog });
    const afterCursor = createEventCursors(eventLog.logId).cursorAt(0);
    const reader = read(feed, { afterCursor });
    await expect.poll(() => reads.length, until).toBeGreaterThan(1); // The tail's, and its own.
    const before = looks;
    for (let turn = 0; turn < 1000; turn += 1) await new Promise(setImmediate);
    expect(looks - before).toBeLessThan(100);
    await expect
      .poll(() => {
        for (const give of reads.splice(0)) give();
        return reader.events().length;
      }, until)
      .toBe(5000);
  });
});
