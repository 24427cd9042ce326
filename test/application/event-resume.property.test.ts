import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventCursors } from "../../src/application/event-cursor.js";
import type { NewEvent, StoredEvent } from "../../src/application/ports/event-log.js";
import type { EventBatch, EventFilter } from "../../src/application/subscribe-to-events.js";
import { aFeed, anEvent, EVERYTHING, read } from "../support/events.js";

const until = { timeout: 10_000, interval: 1 };

/** What a reader does, in any order. */
type Step =
  | { readonly kind: "append"; readonly types: readonly string[] }
  | { readonly kind: "take"; readonly batches: number }
  | { readonly kind: "reconnect"; readonly takes: number }
  | { readonly kind: "rounds" };

const eventType = fc.constantFrom("A", "B", "C");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      types: fc.array(eventType, { maxLength: 40 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      batches: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("reconnect" as const),
      takes: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("rounds" as const) }) },
);
const scenario = fc.record({
  steps: fc.array(step, { maxLength: 25 }),
  types: fc.uniqueArray(eventType),
  capacity: fc.constantFrom(5, 30, 3000),
  subscriberMaxLag: fc.constantFrom(10, 100, 100_000),
});

/** Every sequence up to `newest` is received, filtered out or in a `lost` range, once and in order. */
function accountOf(
  batches: readonly EventBatch[],
  newest: number,
  matches: (sequence: number) => boolean,
): string[] {
  const faults: string[] = [];
  let next = 1;
  const skipFiltered = (end: number): void => {
    for (; next < end; next += 1) if (matches(next)) faults.push(`${next} is missing`);
  };
  for (const { events, lost } of batches) {
    for (const { sequence } of events) {
      skipFiltered(sequence);
      if (sequence !== next || !matches(sequence)) faults.push(`${sequence} is wrong here`);
      next = sequence + 1;
    }
    if (!lost) continue;
    const { count, firstSequence, lastSequence, cause } = lost;
    skipFiltered(firstSequence);
    if (firstSequence !== next) faults.push(`lost begins at ${firstSequence}, not ${next}`);
    const range = Array.from(
      { length: lastSequence - firstSequence + 1 },
      (_, n) => firstSequence + n,
    );
    const matching = range.filter(matches).length;
    if (count < matching || count > range.length) faults.push(`lost ${count} of ${matching}`);
    if (cause === "retention" && count !== range.length) faults.push(`retention of ${count}`);
    next = lastSequence + 1;
  }
  skipFiltered(newest + 1);
  return faults;
}

describe("resuming", () => {
  it("gives every matching event exactly once, in order, or tells which are lost", async () => {
    const causes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(scenario, async ({ steps, types, capacity, subscriberMaxLag }) => {
        const { feed, eventLog } = aFeed({ capacity, subscriberMaxLag, bookmarkS: 0.02 });
        const filter: EventFilter = { ...EVERYTHING, eventTypes: types };
        const appended: NewEvent[] = [];
        const matches = (sequence: number): boolean =>
          types.length === 0 ||
          (types as readonly string[]).includes(appended[sequence - 1]?.eventType ?? "");
        const received: EventBatch[] = [];
        // The cursor before the first delivery: a reader that reconnects at once starts again there.
        let reader = read(feed, { filter });
        const other = read(feed); // Takes everything: tells when rounds have been made.
        const { cursorAt } = createEventCursors(eventLog.logId);
        await expect.poll(() => reader.batches.length, until).toBe(1);

        const reconnect = (takes?: number): void => {
          reader.close();
          received.push(...reader.batches);
          reader = read(feed, { filter, afterCursor: reader.cursor() }, takes);
        };
        const act = async (taken: Step): Promise<void> => {
          switch (taken.kind) {
            case "append": {
              const events = taken.types.map((eventType) => anEvent({ eventType }));
              appended.push(...events);
              eventLog.append(events);
              return;
            }
            case "take":
              reader.more(taken.batches);
              return;
            case "reconnect":
              reconnect(taken.takes);
              return;
            case "rounds":
              await expect.poll(other.cursor, until).toBe(cursorAt(appended.length));
          }
        };
        for (const taken of steps) await act(taken);
        reconnect();
        await expect.poll(reader.cursor, until).toBe(cursorAt(appended.length));
        other.close();
        reader.close();
        received.push(...reader.batches);

        for (const { lost } of received) if (lost) causes.add(lost.cause);
        expect(accountOf(received, appended.length, matches)).toEqual([]);
        const ids = received.flatMap(({ events }) => events.map(idOf));
        const kept = received.flatMap(({ events }) => events.map(({ sequence }) => sequence));
        expect(ids).toEqual(kept.map((sequence) => appended[sequence - 1]?.eventId));
      }),
      { numRuns: 100 },
    );
    expect(causes).toEqual(new Set(["retention", "slow_consumer"])); // The cases of interest came up.
  }, 60_000);

  it("keeps no event for a reader that never reads, and tells it what it missed", async () => {
    const { feed, eventLog } = aFeed({ capacity: 1000 });
    const stuck = Array.from({ length: 200 }, () => read(feed, {}, 1));
    await expect.poll(() => stuck.every(({ batches }) => batches.length === 1), until).toBe(true);
    const fast = read(feed);
    for (let n = 0; n < 20; n += 1) {
      eventLog.append(Array.from({ length: 500 }, () => anEvent()));
      await expect.poll(() => fast.events().length, until).toBe(500 * (n + 1));
    }
    expect(stuck.flatMap((one) => one.events())).toEqual([]);
    const [first] = stuck;
    first?.more();
    await expect
      .poll(() => first?.lost(), until)
      .toMatchObject([{ firstSequence: 1, lastSequence: 9000 }]);
  });
});

function idOf({ eventId }: StoredEvent): string {
  return eventId;
}
