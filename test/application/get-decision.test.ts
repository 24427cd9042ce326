import { describe, expect, it } from "vitest";
import { createMemoryDecisionLog } from "../../src/adapters/memory/decision-log.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createGetDecision } from "../../src/application/get-decision.js";
import { aLoggedDecision } from "../contract/decision-log.contract.js";

const T = 1_750_000_000_000;
const ids = createUuidIds();

/** As many decisions of one moment, each recorded `lateMs` after its id was made. */
function filled(count: number, lateMs = 0) {
  const decisionLog = createMemoryDecisionLog();
  const decisions = Array.from({ length: count }, () =>
    aLoggedDecision({ decisionId: ids.decisionId(T), timeMs: T + lateMs }),
  );
  for (const decision of decisions) decisionLog.append(decision);
  return { decisions, get: createGetDecision({ decisionLog }) };
}

describe("getting a decision by its id", () => {
  it("finds each of many that were decided at one moment", async () => {
    const { decisions, get } = filled(2500);
    for (const index of [0, 1250, 2499]) {
      const id = decisions[index]?.decisionId ?? "";
      expect((await get(id)).decisionId).toBe(id);
      expect((await get(id.toUpperCase())).decisionId).toBe(id);
    }
  });

  it.each([-1999, 0, 1500])("finds one that was recorded %i ms after its id", async (lateMs) => {
    const { decisions, get } = filled(1, lateMs);
    const id = decisions[0]?.decisionId ?? "";
    expect((await get(id)).timeMs).toBe(T + lateMs);
  });

  it.each([
    ["of another moment", "01a21c7c-4768-71a6-bc0a-085a8106c692"],
    ["of another version", "550e8400-e29b-41d4-a716-446655440000"],
    ["that is no UUID", "decision_1750000000000_0001"],
  ])("does not find one %s", async (_says, id) => {
    await expect(filled(3).get(id)).rejects.toMatchObject({
      failure: { reason: "DECISION_NOT_FOUND", decisionId: id },
    });
  });
});
