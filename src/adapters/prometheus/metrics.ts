import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import type { DecisionCounts } from "../../application/decision-recorder.js";
import type { DecisionLogCounts } from "../../application/ports/decision-log.js";
import type { Metrics, TrustMetrics } from "../../application/ports/metrics.js";
import { FastHistogram } from "./fast-histogram.js";
import { createTrustMetrics } from "./trust-metrics.js";

// A decision takes microseconds; a second is something gone wrong.
const LATENCY_BUCKETS_S = [
  10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 50e-3, 250e-3, 1,
];
/** Policy types with a time series of their own; the rest count as `other`. */
const MAX_POLICY_TYPES = 200;

export interface PrometheusMetrics extends Metrics {
  /** Every metric in the Prometheus text format. */
  text(): Promise<string>;
  /** Shows what became of decisions that were handed to the decision log. Call once. */
  watchDecisionLog(counts: () => DecisionLogCounts): void;
  /** Shows how decisions were told. Call once. */
  watchDecisionEvents(counts: () => DecisionCounts): void;
  readonly contentType: string;
  readonly trust: TrustMetrics;
}

/** Metrics in a registry of their own. No label ever holds a name that a caller chose. */
export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const named = (name: string, help: string) => ({
    name: `flopynet_policy_${name}`,
    help,
    registers,
  });
  const counter = (name: string, help: string): Counter => new Counter(named(name, help));
  const gauge = (name: string, help: string): Gauge => new Gauge(named(name, help));

  const decisions = countDecisions(named("decisions_total", "Decisions by type and answer."));
  const latency = new FastHistogram({
    ...named("decision_duration_seconds", "Time spent deciding, without transport."),
    buckets: LATENCY_BUCKETS_S,
  });
  const setVersion = gauge("set_version", "Version of the active policy set; 0 without one.");
  const policies = gauge("policies", "Policies of the active set.");
  const rules = gauge("rules", "Rules of the active set.");
  const lastLoadOk = gauge("last_load_successful", "1 when the last load of policy succeeded.");
  const loadFailures = counter("load_failures_total", "Loads of policy that were refused.");
  const unknownTypes = counter(
    "unknown_type_checks_total",
    "Checks that asked for a type no enabled policy has.",
  );
  const subscribers = gauge("event_subscribers", "Open event streams.");

  return {
    contentType: registry.contentType,
    trust: createTrustMetrics(named),
    text: () => registry.metrics(),
    watchDecisionLog(counts) {
      showDecisionLog(named, counts);
    },
    watchDecisionEvents(counts) {
      showDecisionEvents(named, counts);
    },
    decision({ policyType, answer, durationMs }) {
      decisions(policyType, answer);
      latency.observe(durationMs / 1000);
    },
    policyLoaded(facts) {
      setVersion.set(facts.policyVersion);
      policies.set(facts.policies);
      rules.set(facts.rules);
      lastLoadOk.set(1);
    },
    policyLoadFailed() {
      loadFailures.inc();
      lastLoadOk.set(0);
    },
    unknownPolicyType() {
      unknownTypes.inc();
    },
    subscribers(count) {
      subscribers.set(count);
    },
  };
}

// Read when scraped: all from one instant, so that they add up.
function showDecisionLog(
  named: (name: string, help: string) => { name: string; help: string; registers: Registry[] },
  counts: () => DecisionLogCounts,
): void {
  new Counter({
    ...named("decision_records_total", "Decisions recorded, or dropped by cause."),
    labelNames: ["outcome"],
    collect() {
      const { recorded, dropped } = counts();
      this.reset();
      this.inc({ outcome: "recorded" }, recorded);
      this.inc({ outcome: "dropped_overload" }, dropped.overload);
      this.inc({ outcome: "dropped_storage_unavailable" }, dropped.storage_unavailable);
    },
  });
  new Gauge({
    ...named("decision_records_pending", "Decisions that wait to be recorded."),
    collect() {
      this.set(counts().pending);
    },
  });
}

const SHOWN_EVENTS = [
  ["emitted", "Decisions that became an event of their own."],
  ["sampled", "Decisions folded into one event per second and rule."],
  ["dropped", "Decisions whose event could not be recorded."],
] as const;

function showDecisionEvents(
  named: (name: string, help: string) => { name: string; help: string; registers: Registry[] },
  counts: () => DecisionCounts,
): void {
  for (const [kind, help] of SHOWN_EVENTS) {
    new Counter({
      ...named(`decision_events_${kind}_total`, help),
      collect() {
        this.reset();
        this.inc(counts()[kind]);
      },
    });
  }
}

// Why counted here and copied when scraped: prom-client hashes the labels of every increment, which
// costs as much as a decision.
function countDecisions(config: { name: string; help: string; registers: Registry[] }) {
  const counts = new Map<string, Map<string, number>>();
  new Counter({
    ...config,
    labelNames: ["policy_type", "answer"],
    collect() {
      this.reset();
      for (const [policyType, answers] of counts) {
        for (const [answer, count] of answers) this.inc({ policy_type: policyType, answer }, count);
      }
    },
  });

  return (policyType: string, answer: string): void => {
    const label = counts.has(policyType) || counts.size < MAX_POLICY_TYPES ? policyType : "other";
    let answers = counts.get(label);
    if (!answers) {
      answers = new Map<string, number>();
      counts.set(label, answers);
    }
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  };
}
