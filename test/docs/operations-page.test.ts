import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { rowsOf } from "../support/documentation.js";

const PREFIX = "flopynet_policy_";

it("docs/operations.md lists every metric of the engine, with its type and labels", async () => {
  const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const rows = rowsOf(page, ["metric", "type", "labels", "shows"]);
  const metrics = createPrometheusMetrics();
  metrics.watchDecisionLog(() => ({
    ...{ recorded: 0, pending: 0, dropped: { overload: 0, storage_unavailable: 0 } },
  }));
  metrics.watchDecisionEvents(() => ({ decided: 0, emitted: 0, sampled: 0, dropped: 0 }));
  metrics.trust.watchClients(() => ({ PROBATION: 0, ACTIVE: 0, REDUCED: 0, EXCLUDED: 0 }));
  const types = [...(await metrics.text()).matchAll(/^# TYPE flopynet_policy_(\w+) (\w+)$/gm)];
  const served = types.map(([, name, type]) => `${name ?? ""} ${type ?? ""}`).sort();
  expect(served.length).toBeGreaterThan(15);
  expect(
    rows.map(([name = "", type]) => `${name.replaceAll("`", "")} ${type ?? ""}`).sort(),
  ).toEqual(served);
  expect(page).toContain(`\`${PREFIX}\``);
});
