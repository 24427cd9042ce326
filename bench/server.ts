/**
 * The server under test, a process of its own, with the policy file and the question (a
 * CheckConnectionRequest as JSON) that it is given. Three ports answer the same method: the engine;
 * its decision alone, of which nothing is recorded or told; and a handler that decides nothing and
 * answers a constant message of the same size. Prints the ports as one line of JSON.
 */
import { credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { answerWhenRecorded } from "../src/application/answer-when-recorded.js";
import { loadConfig } from "../src/config/load-config.js";
import { startEngine } from "../src/engine.js";
import {
  type CheckConnectionRequest,
  type CheckConnectionResponse,
  PolicyDecisionServiceClient,
  PolicyDecisionServiceService,
} from "../src/gen/flopynet/policy/v1/decision_service.js";
import { offlineDecisionPoint } from "../src/offline-policies.js";
import { createDecisionHandlers } from "../src/transport/decision-handlers.js";
import { createAdapter } from "../src/transport/grpc/adapt.js";
import { addService } from "../src/transport/grpc/services.js";

const [policyFile = "", question = ""] = process.argv.slice(2);
const check = JSON.parse(question) as CheckConnectionRequest;
// As the engine's own, so that it is not the options that are compared.
const OPTIONS = { "grpc.max_concurrent_streams": 1000, "grpc.enable_channelz": 0 };

const { settings } = loadConfig({
  argv: [],
  env: {
    POLICY_FILE: policyFile,
    STORAGE: "memory",
    GRPC_PORT: "0",
    POLICY_PORT: "0",
    METRICS_PORT: "0",
    LOG_LEVEL: "error",
  },
  readFile: () => "",
});
const log = createPinoLog({ level: "error" });
const engine = await startEngine({ settings, log });
const answer = await ask(engine.grpcPort);

const noop = new Server(OPTIONS);
noop.addService(PolicyDecisionServiceService, {
  ...Object.fromEntries(
    Object.keys(PolicyDecisionServiceService).map((method) => [method, () => undefined]),
  ),
  checkConnection: (
    _call: unknown,
    respond: (error: null, value: CheckConnectionResponse) => void,
  ) => {
    respond(null, answer);
  },
});

const point = await offlineDecisionPoint(policyFile, settings);
if (typeof point === "string") throw new Error(point);
const deciding = new Server(OPTIONS);
const handlers = createDecisionHandlers(answerWhenRecorded(point, () => undefined));
addService(deciding, PolicyDecisionServiceService, handlers, createAdapter(log));

console.log(
  JSON.stringify({
    enginePort: engine.grpcPort,
    decidingPort: await listen(deciding),
    noopPort: await listen(noop),
    answer: { allowed: answer.allowed, ruleId: answer.ruleId },
  }),
);
process.once("SIGTERM", () => {
  noop.forceShutdown();
  deciding.forceShutdown();
  void engine.stop();
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

function ask(port: number): Promise<CheckConnectionResponse> {
  const client = new PolicyDecisionServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.checkConnection(check, (error, response) => {
      client.close();
      if (error) reject(error);
      else resolve(response);
    });
  });
}
