import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createMemoryEventLog } from "../../../src/adapters/memory/event-log.js";
import { manyEvents } from "../../support/events.js";
import { describeEventLog } from "../../contract/event-log.contract.js";

describe.each([12, 1000])("the event log in memory, capacity %i", (capacity) => {
  describeEventLog(() => {
    const log = createMemoryEventLog({ logId: randomUUID(), capacity });
    return Promise.resolve({
      log,
      letOldestGo() {
        log.append(manyEvents(capacity + log.oldestSequence() - log.newestSequence()));
        return Promise.resolve();
      },
      committed: () => Promise.resolve(),
    });
  });
});

describe("the event log in memory", () => {
  it("keeps 1,000 events when not told otherwise", () => {
    const log = createMemoryEventLog({ logId: randomUUID() });
    const event = {
      eventId: randomUUID(),
      timestampMs: 0,
      sourceComponent: "POLICY_ENGINE",
      eventType: "ENGINE_START",
      severity: "info",
      details: {},
    } as const;
    log.append(Array.from({ length: 1001 }, () => event));
    expect([log.oldestSequence(), log.newestSequence()]).toEqual([2, 1001]);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a capacity of %s", (capacity) => {
    expect(() => createMemoryEventLog({ logId: randomUUID(), capacity })).toThrow(/`capacity`/);
  });
});
