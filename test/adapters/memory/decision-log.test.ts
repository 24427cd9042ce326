import { describe, expect, it } from "vitest";
import { createMemoryDecisionLog } from "../../../src/adapters/memory/decision-log.js";
import { trustAttributes } from "../../../src/core/trust-attributes.js";
import { createTrustFold } from "../../../src/core/trust/fold.js";
import type { ValueMap } from "../../../src/core/values.js";
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

  it("gives back thousands of decisions as they were, the newest first", async () => {
    const log = createMemoryDecisionLog();
    const appended = Array.from({ length: 25_000 }, (_, n) =>
      aLoggedDecision({
        requestId: `request-${n}`,
        clientId: `client-${n % 7}`,
        timeMs: 1_750_000_000_000 + n,
        attributes: {
          [`name-${n % 3}`]: `text-${n}`,
          n,
          ...(n % 5 === 0 && { list: [n], more: n }),
        },
      }),
    );
    for (const decision of appended) log.append(decision);
    const { decisions, next } = await log.list({ ...anyDecision, limit: 10_000 });
    expect(decisions).toEqual(appended.slice(-10_000).reverse());
    expect(next).toBeUndefined();
  });

  const KNOWN = trustAttributes(createTrustFold().reading("client-7"));
  it.each<[string, ValueMap]>([
    ["whole", { client_id: "client-7", ...KNOWN }],
    [
      "in part, because something of it was redacted",
      { ...KNOWN, client: { trust_state: "ACTIVE" } },
    ],
    ["not at all, because all of it was redacted", { client_id: "client-7" }],
  ])("gives back what is known of the client %s", async (says, attributes) => {
    const redacted = says.includes("redacted");
    const log = createMemoryDecisionLog();
    log.append(aLoggedDecision({ attributes, redacted, clientAttributes: KNOWN }));
    const { decisions } = await log.list(anyDecision);
    expect(decisions).toMatchObject([{ attributes }]);
    expect(Object.keys(decisions[0]?.attributes ?? {}).sort()).toEqual(
      Object.keys(attributes).sort(),
    );
  });

  it("gives back each as it was where what is known of a client stands beside what a caller says", async () => {
    const log = createMemoryDecisionLog();
    const attributes = { client_id: "client-7", n: -0, ...KNOWN };
    const appended = [
      aLoggedDecision({ attributes, clientAttributes: KNOWN }),
      aLoggedDecision({ attributes }),
      aLoggedDecision({ attributes: { ...attributes, n: 0 }, clientAttributes: KNOWN }),
      aLoggedDecision({ attributes: { n: 1, client_id: "client-7" } }),
      aLoggedDecision({ attributes: { client_id: "client-7", n: 1 } }),
    ];
    for (const decision of appended) log.append(decision);
    const { decisions } = await log.list(anyDecision);
    expect(decisions.map((decision) => decision.attributes)).toEqual(
      appended.map((decision) => decision.attributes).reverse(),
    );
  });
});
