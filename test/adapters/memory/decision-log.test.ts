import { describe, expect, it } from "vitest";
import { createMemoryDecisionLog } from "../../../src/adapters/memory/decision-log.js";
import {
  aLoggedDecision,
  anyDecision,
  describeDecisionLog,
} from "../../contract/decision-log.contract.js";

describe("the decision log in memory", () => {
  describeDecisionLog(() =>
    Promise.resolve({ log: createMemoryDecisionLog(), committed: () => Promise.resolve() }),
  );

  it("keeps the newest decisions, as many as it may", async () => {
    const log = createMemoryDecisionLog({ capacity: 3 });
    for (let n = 0; n < 50; n += 1) log.append(aLoggedDecision({ requestId: `${n}` }));
    const { decisions } = await log.list(anyDecision);
    expect(decisions.map(({ requestId }) => requestId)).toEqual(["49", "48", "47"]);
  });
});
