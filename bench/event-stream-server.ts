/**
 * The servers under test, forked: the engine with its durable store in DATA_DIR, and beside it the
 * same method as one would first write it, encoding every event for every subscriber. Tells its ports
 * when it listens; answers `cpu` with the milliseconds of processor time used so far, and `emit` by
 * fanning one event out the plain way.
 */
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { fileURLToPath } from "node:url";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { loadConfig } from "../src/config/load-config.js";
import { startEngine } from "../src/engine.js";
import {
  EventServiceService,
  type StreamEventsRequest,
  type StreamEventsResponse,
} from "../src/gen/flopynet/policy/v1/event_service.js";
import { eventBatchToProto } from "../src/transport/convert-event.js";
import { cpuMs } from "./cpu-rate.js";

const POLICY_FILE = fileURLToPath(
  new URL("../test/fixtures/flopynet/policies.json", import.meta.url),
);

const start = process.cpuUsage();
const { settings } = loadConfig({
  argv: [],
  env: {
    POLICY_FILE,
    DATA_DIR: process.env["DATA_DIR"],
    ...{ GRPC_PORT: "0", POLICY_PORT: "0", METRICS_PORT: "0", LOG_LEVEL: "error" },
    ...{ DECISION_EVENTS_PER_S: "1000000", SUBSCRIBER_MAX_LAG: "10000000" },
  },
  readFile: () => "",
});
const engine = await startEngine({ settings, log: createPinoLog({ level: "error" }) });

type Call = ServerWritableStream<StreamEventsRequest, StreamEventsResponse>;
const calls = new Set<Call>();
let sequence = 0;
const plain = new Server({ "grpc.max_concurrent_streams": 4096 });
plain.addService(EventServiceService, {
  ...Object.fromEntries(Object.keys(EventServiceService).map((name) => [name, () => undefined])),
  streamEvents: (call: Call) => {
    calls.add(call);
    call.on("cancelled", () => calls.delete(call));
    call.write({ events: [], cursor: "start" });
  },
});
const plainPort = await new Promise<number>((resolve, reject) => {
  plain.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) reject(error);
    else resolve(port);
  });
});

/** As the engine's own: one denial. */
function emit(): void {
  sequence += 1;
  const event = {
    eventId: "5e0c2f6c-6a0f-4d6e-9e3a-0a2f4c1f9b11",
    sequence,
    timestampMs: Date.now(),
    sourceComponent: "POLICY_ENGINE",
    eventType: "POLICY_VIOLATION",
    severity: "warning" as const,
    policyVersion: 1,
    policyId: "default-net-sec-001",
    decisionId: "0190a2b0-6a0f-7d6e-9e3a-0a2f4c1f9b11",
    details: { policy_type: "network_security", reason: "denied by a rule", deny_kind: "explicit" },
  };
  for (const call of calls) {
    call.write(eventBatchToProto({ events: [event], cursor: String(sequence) }));
  }
}

process.on("message", (message) => {
  if (message === "cpu") process.send?.({ cpu: cpuMs(start) });
  else emit();
});
process.once("SIGTERM", () => {
  plain.forceShutdown();
  void engine.stop().then(() => {
    if (process.connected) process.disconnect();
  });
});
process.send?.({ enginePort: engine.grpcPort, plainPort });
