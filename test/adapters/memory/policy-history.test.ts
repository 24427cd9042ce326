import { describe } from "vitest";
import { createMemoryEventLog } from "../../../src/adapters/memory/event-log.js";
import { createMemoryPolicyHistory } from "../../../src/adapters/memory/policy-history.js";
import { createMemoryPolicyVersionStore } from "../../../src/adapters/memory/policy-version-store.js";
import { describePolicyHistory } from "../../contract/policy-history.contract.js";

describe("the policy history in memory", () => {
  describePolicyHistory(() => {
    const eventLog = createMemoryEventLog({});
    const mark = createMemoryPolicyVersionStore();
    return Promise.resolve({ history: createMemoryPolicyHistory({ eventLog, mark }), eventLog });
  });
});
