import { describe, expect, it } from "vitest";
import { createRetention, type RetentionLimits } from "../../../src/adapters/sqlite/retention.js";
import { aLoggedDecision, anyDecision } from "../../contract/decision-log.contract.js";
import { anEvent, manyEvents } from "../../support/events.js";
import { anIntent } from "../../contract/policy-history.contract.js";
import { aStore } from "../../support/sqlite.js";

const DAY_MS = 86_400_000;
const NOW_MS = 100 * DAY_MS;
const MIB = 1024 * 1024;
const LIMITS: RetentionLimits = { eventDays: 7, decisionDays: 7, maxBytes: 1024 * MIB };

async function aRetainedStore(limits: Partial<RetentionLimits> = {}) {
  const store = await aStore();
  const retention = createRetention({
    ...store,
    clock: { nowMs: () => NOW_MS },
    limits: { ...LIMITS, ...limits },
  });
  const daysOld = (days: number): number => NOW_MS - days * DAY_MS;
  const fill = async (count: number): Promise<void> => {
    const text = "x".repeat(1000);
    for (let n = 0; n < count; n += 1) {
      const timeMs = NOW_MS - count + n;
      store.eventLog.append([anEvent({ timestampMs: timeMs, details: { text } })]);
      store.decisionLog.append(aLoggedDecision({ timeMs, attributes: { text } }));
      if (n % 5000 === 4999) await store.storage.flush();
    }
    await store.storage.flush();
  };
  return { ...store, retention, daysOld, fill };
}

describe("retention", () => {
  it("removes events that are too old, and no other", async () => {
    const { eventLog, storage, retention, daysOld } = await aRetainedStore();
    const ages = [9, 8, 7.01, 6.99, 1];
    eventLog.append(ages.map((days) => anEvent({ timestampMs: daysOld(days) })));
    await storage.flush();
    await retention.run();
    expect([eventLog.oldestSequence(), eventLog.newestSequence()]).toEqual([4, 5]);
  });

  it("leaves no hole where a clock had stepped ahead", async () => {
    const { eventLog, storage, retention, daysOld } = await aRetainedStore();
    eventLog.append([9, -300, 8, 1].map((days) => anEvent({ timestampMs: daysOld(days) })));
    await storage.flush();
    await retention.run();
    expect((await eventLog.read(0, 10)).map(({ sequence }) => sequence)).toEqual([4]);
  });

  it("removes counts of decisions that are too old, and no other", async () => {
    const { decisionLog, storage, retention, daysOld } = await aRetainedStore({ decisionDays: 2 });
    for (const days of [3, 1, 2.1, 1.9]) {
      decisionLog.append(aLoggedDecision({ timeMs: daysOld(days) }));
    }
    await storage.flush();
    await retention.run();
    for (const countedBy of ["all", "policy_type", "rule"] as const) {
      const [count] = await decisionLog.countBy(countedBy, {}, 1);
      expect([countedBy, count?.decided]).toEqual([countedBy, 2]);
    }
  });

  it("removes decisions that are too old, and no other", async () => {
    const { decisionLog, storage, retention, daysOld } = await aRetainedStore({ decisionDays: 2 });
    for (const days of [3, 1, 2.01, 1.99]) {
      decisionLog.append(aLoggedDecision({ timeMs: daysOld(days), requestId: `${days}` }));
    }
    await storage.flush();
    await retention.run();
    const { decisions } = await decisionLog.list(anyDecision);
    expect(decisions.map(({ requestId }) => requestId)).toEqual(["1", "1.99"]);
  });

  it("takes as many slices as it needs", async () => {
    const { eventLog, storage, retention, daysOld } = await aRetainedStore();
    eventLog.append(manyEvents(3000, { timestampMs: daysOld(30) }));
    await storage.flush();
    await retention.run();
    expect(eventLog.oldestSequence()).toBe(3001);
  });

  it("removes the oldest events and decisions above the size, and gives the space back", async () => {
    const { eventLog, decisionLog, retention, fill } = await aRetainedStore({ maxBytes: 8 * MIB });
    await fill(10_000);
    expect(await retention.bytes()).toBeGreaterThan(16 * MIB);
    await retention.run();
    const left = eventLog.newestSequence() - eventLog.oldestSequence() + 1;
    expect(left).toBeGreaterThan(1000);
    expect(left).toBeLessThan(5000);
    const newest = await decisionLog.list({ ...anyDecision, limit: 1 });
    expect(newest.decisions[0]?.timeMs).toBe(NOW_MS - 1);
  });

  it("makes the file smaller", async () => {
    const { retention, storage, fill } = await aRetainedStore({ maxBytes: 4 * MIB });
    await fill(10_000);
    await retention.run();
    await storage.query("PRAGMA wal_checkpoint(TRUNCATE)");
    expect(await retention.bytes()).toBeLessThan(7 * MIB);
  });

  it("never removes policy versions", async () => {
    const { history, retention } = await aRetainedStore({ maxBytes: 1 });
    await history.begin(anIntent(1, { createTimeMs: 0 }));
    await history.commit("intent-1", []);
    await retention.run();
    expect((await history.newest())?.policyVersion).toBe(1);
  });

  it("lets records be stored while it runs", async () => {
    const { eventLog, decisionLog, storage, retention, daysOld } = await aRetainedStore();
    eventLog.append(manyEvents(10_000, { timestampMs: daysOld(30) }));
    await storage.flush();
    const running = retention.run();
    await decisionLog.appendDurably(aLoggedDecision());
    expect(eventLog.oldestSequence()).toBeLessThan(10_001);
    await running;
    expect(eventLog.oldestSequence()).toBe(10_001);
  });
});
