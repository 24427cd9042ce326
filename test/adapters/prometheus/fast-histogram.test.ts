import { Histogram, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { FastHistogram } from "../../../src/adapters/prometheus/fast-histogram.js";

const BUCKETS = [0.001, 0.01, 1];

/** What is scraped of a histogram that was given these values. */
function scraped(
  Kind: typeof Histogram | typeof FastHistogram,
  values: readonly number[],
): Promise<string> {
  const registry = new Registry();
  const named = { name: "latency_seconds", help: "How long." };
  const histogram = new Kind({ ...named, buckets: [...BUCKETS], registers: [registry] });
  for (const value of values) histogram.observe(value);
  return registry.metrics();
}

describe("a histogram that counts for itself says what prom-client would say", () => {
  it.each<[string, readonly number[]]>([
    ["of a value within a bucket", [0.005]],
    ["of a value at the bound of a bucket, which is in it", [0.001, 0.01, 1]],
    ["of a value above every bound", [2]],
    ["of nothing but zero", [0]],
    ["of many values", [0.0001, 0.002, 0.5, 3, 0.5]],
  ])("%s", async (_, values) => {
    expect(await scraped(FastHistogram, values)).toBe(await scraped(Histogram, values));
  });

  it("and is there before anything was measured", async () => {
    expect(await scraped(FastHistogram, [])).toContain("latency_seconds_count 0");
  });
});
