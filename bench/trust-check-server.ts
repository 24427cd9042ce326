/**
 * The engine with the shipped policies, trust rules among them, and one client that has been good for
 * ten rounds; records are kept in memory. Prints its gRPC port as one line of JSON.
 */
import { credentials } from "@grpc/grpc-js";
import { fileURLToPath } from "node:url";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { loadConfig } from "../src/config/load-config.js";
import { startEngine } from "../src/engine.js";
import { TrustServiceClient } from "../src/gen/flopynet/policy/v1/trust_service.js";
import {
  AlignmentReference,
  type Observation,
  UpdateOutcome,
} from "../src/gen/flopynet/policy/v1/trust_types.js";

const ROUNDS = 10;
const [clientId = ""] = process.argv.slice(2);
const { settings } = loadConfig({
  argv: [],
  env: {
    POLICY_FILE: fileURLToPath(new URL("../policies/policies.json", import.meta.url)),
    ...{ STORAGE: "memory", LOG_LEVEL: "error" },
    ...{ GRPC_PORT: "0", POLICY_PORT: "0", METRICS_PORT: "0" },
  },
  readFile: () => "",
});
const engine = await startEngine({ settings, log: createPinoLog({ level: "error" }) });
const client = new TrustServiceClient(`127.0.0.1:${engine.grpcPort}`, credentials.createInsecure());
for (let round = 1; round <= ROUNDS; round += 1) await report(observationsOf(round));
client.close();
console.log(JSON.stringify({ port: engine.grpcPort }));
process.once("SIGTERM", () => {
  void engine.stop();
});

function observationsOf(round: number): Observation[] {
  const update = {
    ...{ clientId, latencyMs: 1250, numExamples: "233", alignmentRatio: 1, normRatio: 1 },
    outcome: UpdateOutcome.UPDATE_OUTCOME_COMPLETED,
    alignmentReference: AlignmentReference.ALIGNMENT_REFERENCE_ROBUST_CENTRE,
  };
  const kinds: readonly Observation["kind"][] = [
    { $case: "roundOpened", value: { selectedClientIds: [clientId, "another"] } },
    { $case: "updateReported", value: update },
    { $case: "roundClosed", value: {} },
  ];
  return kinds.map((kind) => ({ observationId: "", runId: "run", round, kind }));
}

function report(observations: Observation[]): Promise<void> {
  return new Promise((resolve, reject) => {
    client.reportObservations({ observations, reporter: "fl-server" }, (error, response) => {
      if (error) reject(error);
      else if (response.accepted === observations.length) resolve();
      else reject(new Error(JSON.stringify(response)));
    });
  });
}
