import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { EventLog, NewEvent } from "../../src/application/ports/event-log.js";

export interface EventLogUnderTest {
  readonly log: EventLog;
  /** How many events this log keeps before it lets the oldest go. */
  readonly capacity: number;
  /** Resolves once everything appended has been committed. */
  readonly committed: () => Promise<void>;
}

/** What every event log promises. `create` gives an empty log that keeps at least 10 events. */
export function describeEventLog(create: () => EventLogUnderTest): void {
  const event = (n: number): NewEvent => ({
    eventId: randomUUID(),
    timestampMs: 1_750_000_000_000 + n,
    sourceComponent: "POLICY_ENGINE",
    eventType: `TYPE_${n}`,
    severity: "info",
    details: { n },
  });
  const events = (count: number): NewEvent[] => Array.from({ length: count }, (_, n) => event(n));
  const filled = async (count: number): Promise<EventLogUnderTest> => {
    const tested = create();
    tested.log.append(events(count));
    await tested.committed();
    return tested;
  };
  const sequences = async (log: EventLog, after: number, limit: number): Promise<number[]> =>
    (await log.read(after, limit)).map(({ sequence }) => sequence);

  it("has an identity of its own", () => {
    expect(create().log.logId).not.toBe(create().log.logId);
  });

  it("starts empty: no newest event, and the oldest is the next one", async () => {
    const { log } = create();
    expect([log.newestSequence(), log.oldestSequence()]).toEqual([0, 1]);
    expect(await log.read(0, 10)).toEqual([]);
  });

  it("gives sequences that grow by 1 from 1, in the order of appending", async () => {
    const { log, committed } = create();
    log.append([event(1), event(2)]);
    log.append([event(3)]);
    await committed();
    const read = await log.read(0, 10);
    expect(read.map(({ sequence, eventType }) => [sequence, eventType])).toEqual([
      [1, "TYPE_1"],
      [2, "TYPE_2"],
      [3, "TYPE_3"],
    ]);
  });

  it("gives back every field as it was appended", async () => {
    const full: NewEvent = {
      ...event(7),
      severity: "critical",
      policyVersion: 3,
      policyId: "net",
      clientId: "client/1",
      decisionId: randomUUID(),
      details: { text: "ä\u0000", list: [1, true, null, { deep: "x" }] },
    };
    const { log, committed } = create();
    log.append([full]);
    await committed();
    expect(await log.read(0, 1)).toEqual([{ ...full, sequence: 1 }]);
  });

  it.each<[says: string, after: number, limit: number, expected: number[]]>([
    ["reads after the given sequence", 3, 10, [4, 5]],
    ["reads no more than the limit", 1, 2, [2, 3]],
    ["reads nothing after the newest", 5, 10, []],
    ["reads nothing beyond the newest", 50, 10, []],
  ])("%s", async (_says, after, limit, expected) => {
    const { log } = await filled(5);
    expect(await sequences(log, after, limit)).toEqual(expected);
  });

  it("lets the oldest go beyond its capacity, and reads from the oldest kept", async () => {
    const { log, capacity } = await filled(10);
    log.append(events(capacity));
    await expect.poll(() => log.newestSequence()).toBe(capacity + 10);
    expect(log.oldestSequence()).toBe(11);
    expect(await sequences(log, 0, 2)).toEqual([11, 12]);
    expect(await sequences(log, capacity + 8, 5)).toEqual([capacity + 9, capacity + 10]);
  });

  it("tells every listener of a commit, once the event can be read, until it is stopped", async () => {
    const { log, committed } = create();
    const heard: string[] = [];
    const stopFirst = log.onCommit(() => heard.push(`first ${log.newestSequence()}`));
    log.onCommit(() => heard.push(`second ${log.newestSequence()}`));
    log.append([event(1)]);
    await committed();
    stopFirst();
    log.append([event(2)]);
    await committed();
    expect(heard).toEqual(["first 1", "second 1", "second 2"]);
  });

  it("does not commit, or tell of, nothing", async () => {
    const { log, committed } = create();
    let told = 0;
    log.onCommit(() => (told += 1));
    log.append([]);
    await committed();
    expect([told, log.newestSequence()]).toEqual([0, 0]);
  });
}
