import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredEvent } from "../../src/application/ports/event-log.js";
import type { EventFeed, ListEventsQuery } from "../../src/application/subscribe-to-events.js";
import { aFeed, anEvent, EVERYTHING, manyEvents, sequencesOf } from "../support/events.js";

const QUERY: ListEventsQuery = {
  filter: EVERYTHING,
  pageSize: 0,
  pageToken: "",
  newestFirst: false,
};
const WANTED = { filter: { ...EVERYTHING, eventTypes: ["WANTED"] } };
const upTo = (last: number): number[] => Array.from({ length: last }, (_, n) => n + 1);

async function page(feed: EventFeed, query: Partial<ListEventsQuery>) {
  const { events, nextPageToken } = await feed.list({ ...QUERY, ...query });
  return { sequences: sequencesOf(events), nextPageToken };
}

async function allPages(
  feed: EventFeed,
  query: Partial<ListEventsQuery>,
  betweenPages: () => void = () => undefined,
): Promise<number[][]> {
  const pages: number[][] = [];
  let pageToken = "";
  do {
    const { sequences, nextPageToken } = await page(feed, { ...query, pageToken });
    pages.push(sequences);
    pageToken = nextPageToken;
    betweenPages();
  } while (pageToken !== "");
  return pages;
}

describe("listing events", () => {
  it.each<[says: string, query: Partial<ListEventsQuery>, pages: number[][]]>([
    ["oldest first", { pageSize: 2 }, [[1, 2], [3, 4], [5]]],
    ["newest first", { pageSize: 2, newestFirst: true }, [[5, 4], [3, 2], [1]]],
    ["one page when all fit", { pageSize: 5 }, [[1, 2, 3, 4, 5]]],
    ["no empty last page", { pageSize: 1, ...WANTED }, [[2], [4]]],
    ["those that match", { ...WANTED, newestFirst: true }, [[4, 2]]],
    ["from the start time on", { startTimeMs: 3000 }, [[3, 4, 5]]],
    ["to before the end time", { endTimeMs: 3000 }, [[1, 2]]],
    ["between both", { startTimeMs: 2000, endTimeMs: 4000, newestFirst: true }, [[3, 2]]],
    ["nothing", { startTimeMs: 9000 }, [[]]],
  ])("gives %s", async (_says, query, pages) => {
    const { feed, eventLog } = aFeed();
    for (const n of upTo(5)) {
      const eventType = n % 2 === 0 ? "WANTED" : "OTHER";
      eventLog.append([anEvent({ timestampMs: n * 1000, eventType })]);
    }
    expect(await allPages(feed, query)).toEqual(pages);
  });

  it("of an empty log is one empty page", async () => {
    expect(await allPages(aFeed().feed, {})).toEqual([[]]);
    expect(await allPages(aFeed().feed, { newestFirst: true })).toEqual([[]]);
  });

  it.each<[pageSize: number, served: number]>([
    [0, 100],
    [1000, 1000],
    [5000, 1000],
  ])("with a page size of %i serves %i", async (pageSize, served) => {
    const { feed, eventLog } = aFeed({ capacity: 2000 });
    eventLog.append(manyEvents(2000));
    expect((await page(feed, { pageSize })).sequences).toHaveLength(served);
  });

  it("begins at the oldest kept when older ones were removed between pages", async () => {
    const { feed, eventLog } = aFeed({ capacity: 10 });
    eventLog.append(manyEvents(10));
    const first = await page(feed, { pageSize: 2 });
    eventLog.append(manyEvents(5));
    const second = await page(feed, { pageSize: 2, pageToken: first.nextPageToken });
    expect([first.sequences, second.sequences]).toEqual([
      [1, 2],
      [6, 7],
    ]);
  });

  it("is right while events are added: newest first none of them, oldest first all of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          before: fc.nat({ max: 700 }),
          added: fc.nat({ max: 30 }),
          pageSize: fc.integer({ min: 40, max: 300 }),
          newestFirst: fc.boolean(),
        }),
        async ({ before, added, pageSize, newestFirst }) => {
          const { feed, eventLog } = aFeed({ capacity: 100_000 });
          eventLog.append(manyEvents(before));
          const add = (): void => {
            eventLog.append(manyEvents(added));
          };
          const pages = await allPages(feed, { pageSize, newestFirst }, add);
          const listed = pages.flat();
          const expected = newestFirst ? upTo(before).reverse() : upTo(listed.length);
          expect(listed).toEqual(expected);
          expect(listed.length).toBeGreaterThanOrEqual(before);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("ends a page early rather than look at more than 50,000 events for it", async () => {
    const { feed, eventLog } = aFeed({ capacity: 60_001 });
    eventLog.append([...manyEvents(60_000), anEvent({ eventType: "WANTED" })]);
    const first = await page(feed, WANTED);
    expect(first.sequences).toEqual([]);
    const second = await page(feed, { ...WANTED, pageToken: first.nextPageToken });
    expect(second).toEqual({ sequences: [60_001], nextPageToken: "" });
  });

  it.each<[says: string, query: Partial<ListEventsQuery>, failure: object]>([
    ["a negative page size", { pageSize: -1 }, { violations: [{ field: "page_size" }] }],
    ["half a page size", { pageSize: 1.5 }, { violations: [{ field: "page_size" }] }],
    [
      "times the wrong way round",
      { startTimeMs: 2, endTimeMs: 1 },
      { violations: [{ field: "end_time", rule: "must not be before start_time" }] },
    ],
    ["text as a token", { pageToken: "x" }, { reason: "CURSOR_INVALID", field: "page_token" }],
  ])("is refused with %s", async (_says, query, failure) => {
    await expect(page(aFeed().feed, query)).rejects.toMatchObject({ failure });
  });

  it.each<[says: string, other: Partial<ListEventsQuery>]>([
    ["filter", WANTED],
    ["order", { newestFirst: true }],
    ["time", { startTimeMs: 1 }],
  ])("refuses the token of a query with another %s", async (_says, other) => {
    const { feed, eventLog } = aFeed();
    eventLog.append(manyEvents(3));
    const { nextPageToken } = await page(feed, { pageSize: 1 });
    await expect(page(feed, { ...other, pageToken: nextPageToken })).rejects.toMatchObject({
      failure: { reason: "REQUEST_INVALID", violations: [{ field: "page_token" }] },
    });
  });

  it("lets the page size change between pages", async () => {
    const { feed, eventLog } = aFeed();
    eventLog.append(manyEvents(3));
    const { nextPageToken } = await page(feed, { pageSize: 1 });
    const rest = await page(feed, { pageSize: 50, pageToken: nextPageToken });
    expect(rest.sequences).toEqual([2, 3]);
  });
});

describe("recent events", () => {
  const EVENTS = manyEvents(5);
  const id = (sequence: number): string | undefined => EVENTS[sequence - 1]?.eventId;
  type Query = Parameters<EventFeed["recent"]>[0];

  it.each<[says: string, query: Query, sequences: number[], last: number]>([
    ["all that are kept, oldest first", { limit: 1000 }, [3, 4, 5], 5],
    ["those after an id", { sinceEventId: id(4) ?? "", limit: 1000 }, [5], 5],
    ["none after the newest, and its id", { sinceEventId: id(5) ?? "", limit: 1000 }, [], 5],
    [
      "all after an id that is no longer kept",
      { sinceEventId: id(1) ?? "", limit: 9 },
      [3, 4, 5],
      5,
    ],
    ["all after an id nobody knows", { sinceEventId: "x", limit: 1000 }, [3, 4, 5], 5],
    ["a page from the oldest, and its last id", { limit: 2 }, [3, 4], 4],
    ["the page after an id", { sinceEventId: id(3) ?? "", limit: 1 }, [4], 4],
    ["nothing with no limit, and the given id", { sinceEventId: id(3) ?? "", limit: 0 }, [], 3],
    ["nothing with no limit, and the newest id", { limit: 0 }, [], 5],
  ])("are %s", async (_says, query, sequences, last) => {
    const { feed, eventLog, settled } = aFeed({ capacity: 3 });
    eventLog.append(EVENTS);
    await settled();
    const { events, lastEventId } = feed.recent(query);
    expect(sequencesOf(events)).toEqual(sequences);
    expect(lastEventId).toBe(id(last));
  });

  it("of an empty log are none, and no id", () => {
    const answer = aFeed().feed.recent({ sinceEventId: "x", limit: 10 });
    expect(answer).toEqual({ events: [], lastEventId: null });
  });

  it("are at most 1,000", async () => {
    const { feed, eventLog, settled } = aFeed({ capacity: 5000 });
    eventLog.append(manyEvents(3000));
    await settled();
    await expect.poll(() => newestOf(feed.recent({ limit: 5000 }).events)).toBe(3000);
    expect(feed.recent({ limit: 5000 }).events).toHaveLength(1000);
  });

  it("give every event once to a reader that asks again from the last id, page by page", async () => {
    const { feed, eventLog, settled } = aFeed();
    const seen: number[] = [];
    let sinceEventId: string | null = null;
    for (let n = 0; n < 20; n += 1) {
      eventLog.append(manyEvents(7));
      await settled();
      const { events, lastEventId } = feed.recent({
        ...(sinceEventId !== null && { sinceEventId }),
        limit: 8,
      });
      seen.push(...sequencesOf(events));
      sinceEventId = lastEventId;
    }
    expect(seen).toEqual(upTo(140));
  });
});

function newestOf(events: readonly StoredEvent[]): number | undefined {
  return events.at(-1)?.sequence;
}
