import { afterEach, describe, expect, it } from "vitest";
import { PdpError } from "../../../src/application/errors.js";
import type { NewEvent } from "../../../src/application/ports/event-log.js";
import type { EventFeed } from "../../../src/application/subscribe-to-events.js";
import {
  aFeed,
  anEvent,
  closeReaders,
  EVERYTHING,
  manyEvents,
  read,
  sequencesOf,
} from "../../support/events.js";
import { aDataDir, aStore } from "../../support/sqlite.js";

const until = { timeout: 20_000, interval: 2 };
const MATCHING = { filter: { ...EVERYTHING, eventTypes: ["WANTED"] } };

afterEach(closeReaders);

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

interface DurableFeed {
  readonly feed: EventFeed;
  /** Appends, and waits until it is on the disk. */
  readonly add: (events: readonly NewEvent[]) => Promise<void>;
  /** What retention does. */
  readonly remove: (through: number) => Promise<void>;
  readonly restart: () => Promise<DurableFeed>;
}

/** A feed over the store of `dataDir`. */
async function aDurableFeed(
  options: Parameters<typeof aFeed>[0] = {},
  dataDir = aDataDir(),
): Promise<DurableFeed> {
  const store = await aStore(dataDir);
  const { feed } = aFeed({ ...options, eventLog: store.eventLog });
  return {
    feed,
    add: async (events: readonly NewEvent[]): Promise<void> => {
      store.eventLog.append(events);
      await store.storage.flush();
    },
    remove: (through: number): Promise<void> => {
      const statement = { sql: "DELETE FROM events WHERE sequence <= ?", params: [through] };
      return store.storage.transact([statement], () => {
        store.eventLog.removedThrough(through);
      });
    },
    restart: async () => {
      closeReaders();
      await store.storage.close();
      return aDurableFeed(options, dataDir);
    },
  };
}

describe("a stream over the durable log", () => {
  it("goes on after a restart, from the disk into what is new, without a gap or a repetition", async () => {
    const before = await aDurableFeed();
    await before.add(manyEvents(10));
    const first = read(before.feed, { last: 10 });
    await expect.poll(() => first.events().length, until).toBe(10);
    for (let n = 0; n < 30; n += 1) await before.add(manyEvents(100));
    const cursor = first.cursor();
    const got = first.events().length;
    const { feed, add } = await before.restart();
    await add(manyEvents(5));
    const second = read(feed, { afterCursor: cursor });
    await add(manyEvents(5));
    await expect.poll(() => second.sequences().at(-1), until).toBe(3020);
    expect([...first.sequences().slice(0, got), ...second.sequences()]).toEqual(range(1, 3020));
  });

  it("shows the newest of an earlier run on request, and as recent events", async () => {
    const before = await aDurableFeed();
    await before.add(manyEvents(20));
    const { feed } = await before.restart();
    const reader = read(feed, { last: 3 });
    await expect.poll(reader.sequences, until).toEqual([18, 19, 20]);
    expect(sequencesOf(feed.recent({ limit: 1000 }).events)).toEqual(range(1, 20));
  });

  it("tells of what retention removed between two runs, and gives the rest", async () => {
    const before = await aDurableFeed();
    const first = read(before.feed);
    await expect.poll(() => first.batches.length, until).toBe(1);
    const cursor = first.cursor();
    first.close();
    await before.add(manyEvents(500));
    await before.remove(200);
    const { feed } = await before.restart();
    const second = read(feed, { afterCursor: cursor });
    await expect.poll(() => second.sequences().at(-1), until).toBe(500);
    expect(second.lost()).toEqual([
      { count: 200, firstSequence: 1, lastSequence: 200, cause: "retention" },
    ]);
    expect(second.sequences()).toEqual(range(201, 500));
  });

  it("counts what a slow reader is moved past exactly, though it left memory long ago", async () => {
    const { feed, add } = await aDurableFeed({ subscriberMaxLag: 2000 });
    const slow = read(feed, MATCHING, 1);
    await expect.poll(() => slow.batches.length, until).toBe(1);
    for (let n = 0; n < 25; n += 1) {
      await add([...manyEvents(7, { eventType: "WANTED" }), ...manyEvents(93)]);
    }
    slow.more();
    await expect
      .poll(() => slow.lost(), until)
      .toEqual([{ count: 175, firstSequence: 1, lastSequence: 2500, cause: "slow_consumer" }]);
    await add([anEvent({ eventType: "WANTED" })]);
    await expect.poll(slow.sequences, until).toEqual([2501]);
  });

  it("refuses the cursor and the page token of another database", async () => {
    const before = await aDurableFeed();
    await before.add(manyEvents(3));
    const reader = read(before.feed, { last: 1 });
    await expect.poll(() => reader.events().length, until).toBe(1);
    const page = { filter: EVERYTHING, pageSize: 1, pageToken: "", newestFirst: true };
    const { nextPageToken } = await before.feed.list(page);
    const { feed } = await aDurableFeed();
    expect(failureOf(() => read(feed, { afterCursor: reader.cursor() }))).toEqual({
      reason: "CURSOR_OF_ANOTHER_LOG",
      field: "after_cursor",
    });
    await expect(feed.list({ ...page, pageToken: nextPageToken })).rejects.toMatchObject({
      failure: { reason: "CURSOR_OF_ANOTHER_LOG", field: "page_token" },
    });
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
