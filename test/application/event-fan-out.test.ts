import { describe, expect, it } from "vitest";
import { createEventCursors } from "../../src/application/event-cursor.js";
import type { NewEvent } from "../../src/application/ports/event-log.js";
import type { EventFilter } from "../../src/application/subscribe-to-events.js";
import { aFeed, anEvent, EVERYTHING, read, type TestReader } from "../support/events.js";

const SUBSCRIBERS = 1000;
const EVENTS = 6000;
const until = { timeout: 60_000, interval: 2 };

/** Each list of a filter, alone, together, and one that nothing matches. */
const FILTERS: readonly Partial<EventFilter>[] = [
  {},
  { eventTypes: ["POLICY_APPLIED"] },
  { severities: ["error", "critical"] },
  { sourceComponents: ["FL_SERVER"] },
  { policyIds: ["p1", "p2"] },
  { clientIds: ["c3"] },
  { eventTypes: ["POLICY_VIOLATION"], policyIds: ["p1"], severities: ["warning"] },
  { eventTypes: ["NEVER"] },
];
const SEVERITIES = ["info", "warning", "error", "critical"] as const;

const happening = (n: number): NewEvent =>
  anEvent({
    eventType: n % 3 === 0 ? "POLICY_VIOLATION" : "POLICY_APPLIED",
    severity: SEVERITIES[n % 4] ?? "info",
    sourceComponent: n % 5 === 0 ? "FL_SERVER" : "POLICY_ENGINE",
    policyId: `p${n % 7}`,
    ...(n % 2 === 0 && { clientId: `c${n % 11}` }),
  });

/** The definition, beside the compiled filter. */
function matches(filter: EventFilter, event: NewEvent): boolean {
  const among = (list: readonly string[], value: string | undefined) =>
    list.length === 0 || (value !== undefined && list.includes(value));
  return (
    among(filter.eventTypes, event.eventType) &&
    among(filter.severities, event.severity) &&
    among(filter.sourceComponents, event.sourceComponent) &&
    among(filter.policyIds, event.policyId) &&
    among(filter.clientIds, event.clientId)
  );
}

const isFiltered = (filter: EventFilter): boolean =>
  Object.values(filter).some((list: readonly string[]) => list.length > 0);

interface Subscriber {
  readonly filter: EventFilter;
  readonly reader: TestReader;
  /** How many deliveries it takes before it must be asked again; Infinity: it always reads. */
  readonly takes: number;
}

describe("a thousand subscribers, every third of them slow", () => {
  it("each: received + lost = emitted, of what its filter matches, in order, each once", async () => {
    const { feed, eventLog } = aFeed({ capacity: EVENTS, subscriberMaxLag: 1500, bookmarkS: 0.5 });
    const subscribers: Subscriber[] = Array.from({ length: SUBSCRIBERS }, (_, index) => {
      const filter = { ...EVERYTHING, ...FILTERS[index % FILTERS.length] };
      // Some read a delivery now and then, and some nothing before the end.
      const takes = index % 3 !== 0 ? Infinity : index % 2 === 0 ? 1 : 2;
      return { filter, takes, reader: read(feed, { filter }, takes) };
    });
    const started = () => subscribers.every(({ reader }) => reader.batches.length > 0);
    await expect.poll(started, until).toBe(true);

    const emitted: NewEvent[] = [];
    const [fast] = subscribers.filter(({ filter, takes }) => takes > 2 && !isFiltered(filter));
    const isKeptUpWith = (): boolean => emitted.length - (fast?.reader.events().length ?? 0) < 500;
    while (emitted.length < EVENTS) {
      const burst = Array.from({ length: 50 }, (_, n) => happening(emitted.length + n));
      emitted.push(...burst);
      eventLog.append(burst);
      for (const { reader, takes } of subscribers) if (takes === 2) reader.more(takes);
      await expect.poll(isKeptUpWith, until).toBe(true);
    }
    for (const { reader } of subscribers) reader.more();
    const cursors = () => new Set(subscribers.map(({ reader }) => reader.cursor()));
    const end = createEventCursors(eventLog.logId).cursorAt(EVENTS);
    await expect.poll(cursors, until).toEqual(new Set([end]));

    const faults = subscribers.flatMap((subscriber, index) =>
      faultsOf(subscriber, emitted).map((fault) => `subscriber ${index}: ${fault}`),
    );
    for (const { reader } of subscribers) reader.close();
    expect(faults).toEqual([]);
    const losing = subscribers.filter(({ reader }) => reader.lost().length > 0);
    expect(losing.length).toBeGreaterThan(SUBSCRIBERS / 10); // The slow ones were too slow.
    expect(losing.filter(({ takes }) => takes === Infinity)).toEqual([]);
  }, 120_000);
});

function faultsOf({ filter, reader }: Subscriber, emitted: readonly NewEvent[]): string[] {
  const wanted = emitted.flatMap((event, index) => (matches(filter, event) ? [index + 1] : []));
  const lost = reader.lost();
  const gone = (sequence: number): boolean =>
    lost.some(
      ({ firstSequence, lastSequence }) => sequence >= firstSequence && sequence <= lastSequence,
    );
  const received = reader.sequences();
  const expected = wanted.filter((sequence) => !gone(sequence));
  const lostCount = lost.reduce((sum, { count }) => sum + count, 0);
  const faults: string[] = [];
  if (received.join() !== expected.join()) faults.push("what it received is not what it should");
  if (received.length + lostCount !== wanted.length) {
    faults.push(`${received.length} received + ${lostCount} lost, not ${wanted.length} emitted`);
  }
  return faults;
}
