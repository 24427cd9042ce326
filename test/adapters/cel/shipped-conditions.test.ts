import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { conditionNames } from "../../../src/core/evaluate-condition.js";
import { expressionOf } from "../../support/conditions.js";

/** Every condition of the policies that FLOPY-NET ships, as its authors wrote it, in file order. */
const SHIPPED = [
  "model_size_mb >= max_model_size",
  "client_reputation <= min_reputation",
  "current_hour >= maintenance_start AND current_hour <= maintenance_end",
  "active_clients >= max_clients",
  "active_clients >= soft_limit",
  "cpu_usage >= max_cpu_threshold",
  "available_memory <= low_memory_threshold",
  "current_hour >= peak_start AND current_hour <= peak_end",
  "client_bandwidth <= slow_bandwidth_threshold",
  "client_performance_score >= high_performance_threshold",
  "current_round > max_rounds",
  "current_round > 30 AND accuracy_improvement <= convergence_threshold",
  "current_round > 1 AND available_clients < min_clients_threshold",
  "current_round > 10 AND accuracy_improvement >= significant_improvement_threshold",
  "current_round <= exploration_rounds",
  "current_round >= fine_tuning_start",
  "recent_failure_count >= max_failures",
  "client_performance_score >= high_performance_threshold",
  "available_clients <= emergency_threshold",
  "privacy_risk_score >= max_risk_threshold",
  "current_hour >= peak_start AND current_hour <= peak_end",
  "client_priority >= high_priority_threshold",
  "usage_ratio >= throttle_threshold",
  "failure_count >= max_consecutive_failures",
  "system_stability_score <= unstable_threshold",
  "random_value <= denial_probability",
  "system_load >= high_load_threshold",
  "network_congestion >= congestion_threshold",
  "critical_operation_active == true",
  "client_efficiency_score >= high_efficiency_threshold",
  "threat_score >= high_threat_threshold",
  "anomaly_score >= anomaly_threshold",
  "threat_score >= medium_threat_threshold AND threat_score < high_threat_threshold",
  "current_hour >= business_start AND current_hour <= business_end",
  "current_hour >= maintenance_start AND current_hour <= maintenance_end",
  "current_hour < business_start OR current_hour > business_end",
  "failed_attempts >= critical_threshold AND time_window <= attack_window",
  "source_ip_reputation <= malicious_threshold",
  "system_load >= high_load_threshold",
  "cpu_usage >= cpu_threshold AND memory_usage >= memory_threshold",
  "system_load <= optimal_threshold",
  "available_resources >= minimum_threshold",
  "failure_probability >= failure_threshold",
  "anomaly_score >= isolation_threshold",
  "data_sensitivity >= sensitive_threshold",
  "server_load >= distribution_threshold",
  "response_time >= max_response_time",
  "demand_forecast >= scale_threshold",
];

describe("the conditions that FLOPY-NET ships", () => {
  it("are 48", () => {
    expect(SHIPPED).toHaveLength(48);
  });

  it.each(SHIPPED)("%s", (text) => {
    expect(createConditionCompiler().compile(text)).toMatchObject({ ok: true, warnings: [] });
    const words = text.match(/[a-z]\w*/g) ?? [];
    const names = conditionNames(expressionOf(text)).map((path) => path.join("."));
    expect(names).toEqual([...new Set(words)].filter((word) => word !== "true"));
  });
});
