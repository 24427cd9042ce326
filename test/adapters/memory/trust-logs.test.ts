import { describe } from "vitest";
import { createMemoryEventLog } from "../../../src/adapters/memory/event-log.js";
import { createMemoryObservationLog } from "../../../src/adapters/memory/observation-log.js";
import { createMemoryTrustHistory } from "../../../src/adapters/memory/trust-history.js";
import { describeObservationLog } from "../../contract/observation-log.contract.js";
import { describeTrustHistory } from "../../contract/trust-history.contract.js";

describe("the observation log in memory", () => {
  describeObservationLog(() => Promise.resolve(createMemoryObservationLog()));
});

describe("the trust history in memory", () => {
  describeTrustHistory(() => {
    const eventLog = createMemoryEventLog({});
    const history = createMemoryTrustHistory({ eventLog });
    return Promise.resolve({ history, eventLog });
  });
});
