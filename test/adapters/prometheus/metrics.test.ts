import { describe, expect, it } from "vitest";
import {
  createPrometheusMetrics,
  type PrometheusMetrics,
} from "../../../src/adapters/prometheus/metrics.js";

type Row = [says: string, act: (metrics: PrometheusMetrics) => void, line: string];

const decide = (policyType: string, answer: "allowed" | "explicit", durationMs: number) => {
  return (metrics: PrometheusMetrics): void => {
    metrics.decision({ policyType, answer, durationMs });
  };
};
const ONE = { policyVersion: 7, policies: 20, rules: 99 };

describe("metrics for Prometheus", () => {
  it.each<Row>([
    [
      "count decisions by policy type and answer",
      (metrics) => {
        decide("network_security", "explicit", 1)(metrics);
        decide("network_security", "explicit", 1)(metrics);
      },
      'decisions_total{policy_type="network_security",answer="explicit"} 2',
    ],
    [
      "measure latency in seconds",
      decide("x", "allowed", 2),
      "decision_duration_seconds_sum 0.002",
    ],
    [
      "have latency buckets from 10 microseconds",
      decide("x", "allowed", 0.009),
      'decision_duration_seconds_bucket{le="0.00001"} 1',
    ],
    [
      "show the version of the active set",
      (m) => {
        m.policyLoaded(ONE);
      },
      "set_version 7",
    ],
    [
      "show its policies",
      (m) => {
        m.policyLoaded(ONE);
      },
      "policies 20",
    ],
    [
      "show its rules",
      (m) => {
        m.policyLoaded(ONE);
      },
      "rules 99",
    ],
    [
      "show that it loaded",
      (m) => {
        m.policyLoaded(ONE);
      },
      "last_load_successful 1",
    ],
    [
      "count loads that failed",
      (m) => {
        m.policyLoadFailed();
      },
      "load_failures_total 1",
    ],
    [
      "show that the last load failed while the version stays",
      (metrics) => {
        metrics.policyLoaded(ONE);
        metrics.policyLoadFailed();
      },
      "set_version 7\nlast_load_successful 0",
    ],
    [
      "count checks of unknown types",
      (m) => {
        m.unknownPolicyType();
      },
      "unknown_type_checks_total 1",
    ],
    [
      "show how decisions were told",
      (m) => {
        m.watchDecisionEvents(() => ({ decided: 12, emitted: 3, sampled: 4, dropped: 5 }));
      },
      "decision_events_emitted_total 3\ndecision_events_sampled_total 4\ndecision_events_dropped_total 5",
    ],
    [
      "show subscribers",
      (m) => {
        m.subscribers(6);
      },
      "event_subscribers 6",
    ],
  ])("%s", async (_says, act, lines) => {
    const metrics = createPrometheusMetrics();
    act(metrics);
    const text = (await metrics.text()).split("\n");
    expect(text).toEqual(
      expect.arrayContaining(lines.split("\n").map((line) => `flopynet_policy_${line}`)),
    );
  });

  it("hold what was counted however often they are read", async () => {
    const metrics = createPrometheusMetrics();
    decide("a", "allowed", 1)(metrics);
    await metrics.text();
    decide("a", "allowed", 1)(metrics);
    expect(await metrics.text()).toContain('{policy_type="a",answer="allowed"} 2');
  });

  it("count the 201st policy type and later ones as `other`", async () => {
    const metrics = createPrometheusMetrics();
    for (let n = 0; n < 500; n += 1) decide(`type-${n}`, "allowed", 1)(metrics);
    const text = await metrics.text();
    expect(text.match(/decisions_total\{/g)).toHaveLength(201);
    expect(text).toContain('{policy_type="other",answer="allowed"} 300');
  });

  it("include those of the process, and are apart from those of another registry", async () => {
    const [one, other] = [createPrometheusMetrics(), createPrometheusMetrics()];
    one.unknownPolicyType();
    const text = await other.text();
    expect(text).toContain("process_cpu_seconds_total");
    expect(text).toContain("flopynet_policy_unknown_type_checks_total 0");
    expect(other.contentType).toMatch(/^text\/plain/);
  });
});
