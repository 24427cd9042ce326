import { expect, it } from "vitest";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { countedReports } from "../../src/application/count-reports.js";
import { type CallFate, createFailingTrustStorage } from "../support/failing-trust-storage.js";
import { openLedger, send } from "../support/trust-ledger.js";
import { opened } from "../support/trust-observations.js";

it("observations are pending until they are taken, or not stored where they cannot be", async () => {
  const metrics = createPrometheusMetrics();
  const shown = async (name: string): Promise<string | undefined> => {
    const start = `flopynet_policy_trust_${name} `;
    const line = (await metrics.text()).split("\n").find((one) => one.startsWith(start));
    return line?.slice(start.length);
  };
  let fate: CallFate = "works";
  const disk = createFailingTrustStorage();
  const storage = disk.open((call) => (call === "append" ? fate : "works"));
  const ledger = await openLedger(storage);
  const counted = { ...ledger, report: countedReports(ledger, metrics.trust) };

  await send(counted, [opened(["a"])]);
  expect(await shown('observations_total{outcome="accepted"}')).toBe("1");
  expect(await shown("observations_pending")).toBe("0");

  fate = "fail";
  await expect(send(counted, [opened(["a"], { round: 2 })])).rejects.toThrow();
  expect(await shown('observations_total{outcome="not_stored"}')).toBe("1");
  expect(await shown("observations_pending")).toBe("0");

  fate = "kill"; // It is neither stored nor refused any more.
  void send(counted, [opened(["a"], { round: 2 }), opened(["a"], { round: 3 })]);
  await storage.killed;
  expect(await shown("observations_pending")).toBe("2");
});
