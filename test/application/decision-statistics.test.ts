import { expect, it } from "vitest";
import { createMemoryDecisionLog } from "../../src/adapters/memory/decision-log.js";
import { createDecisionStatistics } from "../../src/application/decision-statistics.js";
import { aLoggedDecision } from "../contract/decision-log.contract.js";

const T = 1_750_000_000_000;

it("statistics of an empty log are zeros", async () => {
  const count = createDecisionStatistics({ decisionLog: createMemoryDecisionLog() });
  expect(await count({})).toEqual({
    ...{ decided: 0, allowed: 0, durationUs: 0 },
    ...{ byPolicyType: [], byComponent: [], byRequester: [], byAnswer: [], byRule: [], hours: [] },
  });
});

it("statistics of a period add up what was decided in it", async () => {
  const decisionLog = createMemoryDecisionLog();
  for (const hours of [0, 1, 1, 3]) {
    decisionLog.append(aLoggedDecision({ timeMs: T + hours * 3_600_000 }));
  }
  const count = createDecisionStatistics({ decisionLog });
  const { decided, lastTimeMs, hours } = await count({ startTimeMs: T + 1, endTimeMs: T + 7.2e6 });
  expect([decided, lastTimeMs, hours.length]).toEqual([3, T + 3_600_000, 2]);
});

it("a period that ends before it begins is refused", async () => {
  const count = createDecisionStatistics({ decisionLog: createMemoryDecisionLog() });
  await expect(count({ startTimeMs: 2, endTimeMs: 1 })).rejects.toThrow(/end_time/);
});
