import type { DecisionStatistics } from "../../../../application/decision-statistics.js";
import type { HourCount, NamedCount } from "../../../../application/ports/decision-log.js";

export function totalsJson({ decided, allowed }: DecisionStatistics): object {
  return {
    policy_checks_total: decided,
    policy_checks_allowed: allowed,
    policy_checks_denied: decided - allowed,
  };
}

/** Milliseconds; 0 where nothing was decided. */
export function averageMs(count: {
  readonly decided: number;
  readonly durationUs: number;
}): number {
  return count.decided === 0 ? 0 : count.durationUs / count.decided / 1000;
}

/** `{name: {total, allowed, denied}}`. */
export function byNameJson(counts: readonly NamedCount[]): object {
  return Object.fromEntries(
    counts.map(({ name, decided, allowed }) => [
      name,
      { total: decided, allowed, denied: decided - allowed },
    ]),
  );
}

export function namesOf(counts: readonly NamedCount[]): readonly string[] {
  return counts.map(({ name }) => name);
}

/** A point of the charts, under the names that the collector and the dashboard read. */
export function hourJson(hour: HourCount, policiesActive: number): object {
  const { startMs, decided, allowed, requesters } = hour;
  const denied = decided - allowed;
  return {
    timestamp: startMs / 1000,
    iso_time: new Date(startMs).toISOString(),
    metric_type: "decision_count",
    metric_name: "total_decisions",
    metric_value: decided,
    unit: "decisions",
    total_evaluations: decided,
    allowed_count: allowed,
    denied_count: denied,
    denial_rate: (100 * denied) / decided,
    success_rate: (100 * allowed) / decided,
    avg_evaluation_time_ms: averageMs(hour),
    policies_active: policiesActive,
    unique_requesters: requesters,
  };
}

/** One row for each rule that determined a decision, the most frequent first. */
export function rulePerformanceJson(byRule: readonly NamedCount[]): readonly object[] {
  return byRule.map((count) => {
    const [policyId = "", ...rest] = count.name.split("/");
    const { decided, allowed, lastTimeMs } = count;
    return {
      policy_id: policyId,
      rule_id: rest.join("/"),
      ...{ decisions: decided, allowed, denied: decided - allowed },
      avg_evaluation_time_ms: averageMs(count),
      last_decision: lastTimeMs / 1000,
    };
  });
}
