import { afterEach, describe, expect, it, vi } from "vitest";
import { PdpError } from "../../src/application/errors.js";
import { createEventCursors } from "../../src/application/event-cursor.js";
import type { SubscribeRequest } from "../../src/application/subscribe-to-events.js";
import { aFeed, anEvent, closeReaders, EVERYTHING, manyEvents, read } from "../support/events.js";

const until = { timeout: 5000, interval: 2 };
const MATCHING = { filter: { ...EVERYTHING, eventTypes: ["WANTED"] } };
const wanted = anEvent({ eventType: "WANTED" });

afterEach(closeReaders);

describe("subscribing", () => {
  it("begins with a bookmark, never from within the call", async () => {
    const { feed } = aFeed();
    const reader = read(feed);
    expect(reader.batches).toEqual([]);
    await expect.poll(() => reader.batches.length, until).toBe(1);
    expect(reader.batches[0]).toEqual({ events: [], cursor: expect.any(String) as string });
  });

  it("then gives what comes, in order, several events in one batch", async () => {
    const { feed, eventLog } = aFeed();
    eventLog.append(manyEvents(3));
    const reader = read(feed);
    eventLog.append(manyEvents(2));
    eventLog.append(manyEvents(1));
    await expect.poll(reader.sequences, until).toEqual([4, 5, 6]);
    expect(reader.batches).toHaveLength(2);
  });

  it.each<[says: string, last: number, expected: number[]]>([
    ["0 is only what comes", 0, []],
    ["the newest that match come first", 2, [5, 9]],
    ["more than there are is all of them", 50, [1, 5, 9]],
  ])("with last: %s", async (_says, last, expected) => {
    const { feed, eventLog } = aFeed();
    for (let n = 1; n <= 10; n += 1) eventLog.append([n % 4 === 1 ? wanted : anEvent()]);
    const reader = read(feed, { ...MATCHING, last });
    await expect.poll(() => reader.batches.length, until).toBeGreaterThan(0);
    eventLog.append([wanted]);
    await expect.poll(reader.sequences, until).toEqual([...expected, 11]);
  });

  it("with last looks no further back than the greatest lag", async () => {
    const { feed, eventLog } = aFeed({ subscriberMaxLag: 3 });
    eventLog.append(manyEvents(10));
    const reader = read(feed, { last: 8 });
    await expect.poll(reader.sequences, until).toEqual([8, 9, 10]);
  });

  it("with a cursor goes on after it, and ignores last", async () => {
    const { feed, eventLog } = aFeed();
    const first = read(feed);
    eventLog.append(manyEvents(2));
    await expect.poll(first.sequences, until).toEqual([1, 2]);
    first.close();
    eventLog.append(manyEvents(3));
    const second = read(feed, { afterCursor: first.cursor(), last: 1 });
    await expect.poll(second.sequences, until).toEqual([3, 4, 5]);
  });

  it("moves the cursor on past events that the filter keeps back", async () => {
    const { feed, eventLog } = aFeed({ bookmarkS: 0.02 });
    const filtered = read(feed, MATCHING);
    await expect.poll(() => filtered.batches.length, until).toBe(1);
    const cursor = filtered.cursor();
    eventLog.append(manyEvents(3));
    await expect.poll(filtered.cursor, until).not.toBe(cursor);
    expect(filtered.events()).toEqual([]);
    expect(createEventCursors(eventLog.logId).sequenceOf(filtered.cursor(), 3, "x")).toBe(3);
  });

  it("serves what is older than memory from the log", async () => {
    const { feed, eventLog, settled } = aFeed({ capacity: 10_000 });
    const early = read(feed);
    await expect.poll(() => early.batches.length, until).toBe(1);
    early.close();
    for (let n = 0; n < 50; n += 1) eventLog.append(manyEvents(100));
    await settled();
    const late = read(feed, { afterCursor: early.cursor() });
    await expect.poll(() => late.events().length, until).toBe(5000);
    expect(late.sequences()).toEqual(Array.from({ length: 5000 }, (_, n) => n + 1));
  });

  it("bounds a batch to 256 events", async () => {
    const { feed, eventLog } = aFeed();
    const reader = read(feed);
    eventLog.append(manyEvents(600));
    await expect.poll(() => reader.events().length, until).toBe(600);
    expect(Math.max(...reader.batches.map(({ events }) => events.length))).toBe(256);
  });

  it("bounds a batch to about 256 KiB", async () => {
    const { feed, eventLog } = aFeed();
    const reader = read(feed);
    eventLog.append(manyEvents(10, { details: { text: "x".repeat(100_000) } }));
    await expect.poll(() => reader.events().length, until).toBe(10);
    expect(Math.max(...reader.batches.map(({ events }) => events.length))).toBe(2);
  });

  it("gives one and the same batch to all with equal filter and position", async () => {
    const { feed, eventLog } = aFeed();
    const same = { filter: { ...EVERYTHING, eventTypes: ["WANTED", "X"] } };
    const swapped = { filter: { ...EVERYTHING, eventTypes: ["X", "WANTED"] } };
    const [one, two, other] = [read(feed, same), read(feed, swapped), read(feed)];
    eventLog.append([wanted, wanted]);
    await expect.poll(() => other.events().length, until).toBe(2);
    const last = one.batches.at(-1);
    expect(last?.events).toHaveLength(2);
    expect(two.batches.at(-1)).toBe(last);
    expect(other.batches.at(-1)).not.toBe(last);
    expect(one.batches[0]).toBe(two.batches[0]);
  });

  const elsewhere = createEventCursors("0f000000-0000-4000-8000-000000000000").cursorAt(1);
  it.each<[says: string, request: Partial<SubscribeRequest>, failure: object]>([
    ["no cursor", { afterCursor: "x" }, { reason: "CURSOR_INVALID", field: "after_cursor" }],
    [
      "a cursor of another log",
      { afterCursor: elsewhere },
      { reason: "CURSOR_OF_ANOTHER_LOG", field: "after_cursor" },
    ],
    [
      "a negative last",
      { last: -1 },
      {
        reason: "REQUEST_INVALID",
        violations: [
          { field: "last", rule: "must be a whole number from 0 to 4294967295, got -1" },
        ],
      },
    ],
  ])("is refused with %s", (_says, request, failure) => {
    expect(failureOf(() => read(aFeed().feed, request))).toEqual(failure);
  });

  it("is refused beyond the greatest number of subscribers, until one has gone", () => {
    const { feed } = aFeed({ maxSubscribers: 2 });
    const first = read(feed);
    read(feed);
    const full = { reason: "TOO_MANY_SUBSCRIBERS", limit: 2 };
    expect(failureOf(() => read(feed))).toEqual(full);
    first.close();
    first.close();
    expect(failureOf(() => read(feed))).toBe(undefined);
    expect(failureOf(() => read(feed))).toEqual(full);
  });
});

describe("bookmarks", () => {
  it("come again when nothing was delivered for so long", async () => {
    const { feed } = aFeed({ bookmarkS: 0.02 });
    const reader = read(feed);
    await expect.poll(() => reader.batches.length, until).toBeGreaterThan(3);
    expect(reader.events()).toEqual([]);
    reader.close();
  });

  it("come once in the time that is set, to the readers who get no event in it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const { feed } = aFeed({ bookmarkS: 5 });
      const reader = read(feed);
      await vi.advanceTimersByTimeAsync(4_900);
      expect(reader.batches).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(300);
      expect(reader.batches).toHaveLength(2);
      await vi.advanceTimersByTimeAsync(5_200);
      expect(reader.batches).toHaveLength(3);
      reader.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("need no timer when nobody subscribes", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { eventLog } = aFeed();
      eventLog.append(manyEvents(10));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("draining", () => {
  it("delivers what is committed, then ends every stream at its resume point", async () => {
    const { feed, eventLog } = aFeed();
    const readers = [read(feed), read(feed, MATCHING)];
    eventLog.append([wanted, anEvent({ eventType: "ENGINE_STOP" })]);
    await feed.drain();
    expect(readers.map((one) => one.sequences())).toEqual([[1, 2], [1]]);
    const cursors = createEventCursors(eventLog.logId);
    expect(readers.map((one) => one.ended())).toEqual([cursors.cursorAt(2), cursors.cursorAt(2)]);
  });

  it("ends a reader that does not read at what it got", async () => {
    const { feed, eventLog } = aFeed();
    const stuck = read(feed, {}, 1);
    await expect.poll(() => stuck.batches.length, until).toBe(1);
    eventLog.append(manyEvents(5));
    await feed.drain();
    expect(stuck.ended()).toBe(createEventCursors(eventLog.logId).cursorAt(0));
  });

  it("takes no new subscribers, and can be asked for twice", async () => {
    const { feed } = aFeed();
    const draining = feed.drain();
    expect(failureOf(() => read(feed))).toEqual({ reason: "SHUTTING_DOWN" });
    await Promise.all([draining, feed.drain()]);
  });
});

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error instanceof PdpError ? error.failure : error;
  }
  return undefined;
}
