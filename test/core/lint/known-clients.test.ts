import { describe, expect, it } from "vitest";
import { FLOPYNET_CLIENTS } from "../../../src/core/lint/known-clients.js";

/** As the sources of FLOPY-NET 1.0 have it: one line per policy type that is asked. */
const ASKED: readonly [type: string, operations: string, attributes: string][] = [
  [
    "fl_client_training",
    "model_training",
    "active_clients available_clients available_memory bytes_recv bytes_sent client_bandwidth client_id client_performance_score config cpu_usage current_day_of_week current_hour current_minute current_round current_timestamp dataset disk_usage memory_usage model model_size operation server_id server_round signature timestamp",
  ],
  [
    "fl_client_evaluation",
    "model_evaluation",
    "active_clients available_memory bytes_recv bytes_sent client_bandwidth client_id client_performance_score config cpu_usage current_hour dataset disk_usage memory_usage model model_size operation signature timestamp",
  ],
  [
    "fl_client_start",
    "client_registration",
    "active_clients available_memory bytes_recv bytes_sent client_bandwidth client_id client_ip client_performance_score cpu_usage current_hour dataset disk_usage memory_usage model operation server_host server_port signature timestamp",
  ],
  [
    "fl_training_parameters",
    "training_configuration",
    "current_round operation server_id signature timestamp",
  ],
  [
    "fl_server_control",
    "decide_next_round server_start server_stay_alive",
    "accuracy accuracy_improvement available_clients current_round dataset failed_clients loss max_rounds model operation server_id signature successful_clients timestamp uptime_seconds",
  ],
  [
    "fl_client_selection",
    "configure_round",
    "available_clients current_parameters_size min_clients operation round_start_time server_id server_round signature timestamp total_clients",
  ],
];

describe("what FLOPY-NET's clients are known to send", () => {
  it.each(ASKED)("with %s", (type, operations, attributes) => {
    const asked = FLOPYNET_CLIENTS.policyTypes.get(type);
    expect(asked?.operations.join(" ")).toBe(operations);
    expect([...new Set(asked?.attributes)].sort().join(" ")).toBe(attributes);
  });

  it("with no other type, as far as is known", () => {
    expect([...FLOPYNET_CLIENTS.policyTypes.keys()]).toEqual(ASKED.map(([type]) => type));
  });

  it("as one of these components", () => {
    expect(FLOPYNET_CLIENTS.componentTypes).toEqual([
      ...["fl-server", "fl-client", "policy-engine", "collector"],
      ...["sdn-controller", "openvswitch"],
    ]);
  });
});
