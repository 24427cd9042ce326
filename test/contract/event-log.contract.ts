import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { EventLog, NewEvent } from "../../src/application/ports/event-log.js";

export interface EventLogUnderTest {
  readonly log: EventLog;
  /** Brings the log to let go of its oldest event, and of no other. */
  readonly letOldestGo: () => Promise<void>;
  /** Resolves once everything appended has been committed. */
  readonly committed: () => Promise<void>;
}

/** What every event log promises. `create` gives an empty log that keeps at least 12 events. */
export function describeEventLog(create: () => Promise<EventLogUnderTest>): void {
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
    const tested = await create();
    tested.log.append(events(count));
    await tested.committed();
    return tested;
  };
  const sequences = async (log: EventLog, after: number, limit: number): Promise<number[]> =>
    (await log.read(after, limit)).map(({ sequence }) => sequence);

  it("has an identity of its own", async () => {
    expect((await create()).log.logId).not.toBe((await create()).log.logId);
  });

  it("starts empty: no newest event, and the oldest is the next one", async () => {
    const { log } = await create();
    expect([log.newestSequence(), log.oldestSequence()]).toEqual([0, 1]);
    expect(await log.read(0, 10)).toEqual([]);
  });

  it("gives sequences that grow by 1 from 1, in the order of appending", async () => {
    const { log, committed } = await create();
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
    const { log, committed } = await create();
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

  it("goes on with the next sequence, and reads from the oldest kept, where it let events go", async () => {
    const { log, letOldestGo, committed } = await filled(12);
    await letOldestGo();
    expect([log.oldestSequence(), await sequences(log, 0, 2)]).toEqual([2, [2, 3]]);
    const newest = log.newestSequence();
    log.append([event(0)]);
    await committed();
    expect(log.newestSequence()).toBe(newest + 1);
  });

  it("takes offered events as appended ones", async () => {
    const { log, committed } = await create();
    expect(log.offer([event(1), event(2)])).toBe(true);
    await committed();
    expect(await sequences(log, 0, 10)).toEqual([1, 2]);
  });

  it("answers a published event with its sequence, once it can be read", async () => {
    const { log } = await filled(3);
    const published = { ...event(9), sourceComponent: "FL_SERVER" };
    expect(await log.publish(published)).toEqual({ ...published, sequence: 4 });
    expect(await log.read(3, 10)).toEqual([{ ...published, sequence: 4 }]);
  });

  it("answers an event that is published again with what it stored, and appends nothing", async () => {
    const { log } = await create();
    const published = { ...event(9), sourceComponent: "FL_SERVER" };
    const both = [log.publish(published), log.publish({ ...published, details: { again: true } })];
    expect(await Promise.all(both)).toEqual(both.map(() => ({ ...published, sequence: 1 })));
    expect(log.newestSequence()).toBe(1);
  });

  it("tells every listener of a commit, once the event can be read, until it is stopped", async () => {
    const { log, committed } = await create();
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
    const { log, committed } = await create();
    let told = 0;
    log.onCommit(() => (told += 1));
    log.append([]);
    await committed();
    expect([told, log.newestSequence()]).toEqual([0, 0]);
  });
}
