/** What the components that ask are known to send: what else a rule needs, it waits for in vain. */
export interface KnownClients {
  /** Values of `src_type` and `dst_type`. */
  readonly componentTypes: readonly string[];
  /** By policy type; a type that is not here is not judged. */
  readonly policyTypes: ReadonlyMap<string, ClientQuestions>;
}

/** What is asked of one policy type. */
export interface ClientQuestions {
  /** Names of attributes that some client sends. */
  readonly attributes: readonly string[];
  /** Values of `operation` that some client sends; empty: any. */
  readonly operations: readonly string[];
}

const FL_CLIENT = [
  ...["client_id", "operation", "model", "dataset", "timestamp", "signature"],
  ...["cpu_usage", "memory_usage", "available_memory", "disk_usage", "bytes_sent", "bytes_recv"],
  ...["current_hour", "client_performance_score", "client_bandwidth", "active_clients"],
];
const FL_CLIENT_MODEL = ["model_size", "config"];
const FL_SERVER = ["server_id", "operation", "timestamp", "signature"];
const ROUND = ["current_round", "server_round", "available_clients"];
const CLOCK = ["current_hour", "current_minute", "current_day_of_week", "current_timestamp"];

/**
 * FLOPY-NET 1.0: what its FL client, FL server and SDN controller send.
 * Source: `src/fl/client/fl_client.py`, `src/fl/server/fl_server.py`,
 * `src/networking/sdn/ryu_controller.py` and `docker-compose.yml` of abdulmeLINK/flopy-net.
 */
export const FLOPYNET_CLIENTS: KnownClients = {
  componentTypes: [
    ...["fl-server", "fl-client", "policy-engine", "collector"],
    ...["sdn-controller", "openvswitch"],
  ],
  policyTypes: new Map([
    [
      "fl_client_training",
      {
        attributes: [...FL_CLIENT, ...FL_CLIENT_MODEL, ...FL_SERVER, ...ROUND, ...CLOCK],
        operations: ["model_training"],
      },
    ],
    [
      "fl_client_evaluation",
      { attributes: [...FL_CLIENT, ...FL_CLIENT_MODEL], operations: ["model_evaluation"] },
    ],
    [
      "fl_client_start",
      {
        attributes: [...FL_CLIENT, "client_ip", "server_host", "server_port"],
        operations: ["client_registration"],
      },
    ],
    [
      "fl_training_parameters",
      { attributes: [...FL_SERVER, "current_round"], operations: ["training_configuration"] },
    ],
    [
      "fl_server_control",
      {
        attributes: [
          ...[...FL_SERVER, "current_round", "max_rounds", "accuracy", "loss"],
          ...["accuracy_improvement", "available_clients", "successful_clients"],
          ...["failed_clients", "model", "dataset", "uptime_seconds"],
        ],
        operations: ["decide_next_round", "server_start", "server_stay_alive"],
      },
    ],
    [
      "fl_client_selection",
      {
        attributes: [
          ...[...FL_SERVER, "server_round", "total_clients", "available_clients", "min_clients"],
          ...["round_start_time", "current_parameters_size"],
        ],
        operations: ["configure_round"],
      },
    ],
  ]),
};

/** The attributes of a connection. */
export const CONNECTION_ATTRIBUTES = [
  ...["src_type", "dst_type", "src_ip", "dst_ip", "src_port", "dst_port", "protocol"],
  ...["client_id", "request_id"],
];
