/**
 * The server under test, a process of its own: the engine with FLOPY-NET's 20 policies, and beside
 * it, on a second port, a handler of the same method that decides nothing and answers a constant
 * message of the same size. Prints the ports and the request as one line of JSON.
 */
import { credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { fileURLToPath } from "node:url";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { loadConfig } from "../src/config/load-config.js";
import { startEngine } from "../src/engine.js";
import {
  type CheckConnectionResponse,
  PolicyDecisionServiceClient,
  PolicyDecisionServiceService,
} from "../src/gen/flopynet/policy/v1/decision_service.js";
import { CHECK } from "./questions.js";

const POLICY_FILE = fileURLToPath(
  new URL("../test/fixtures/flopynet/policies.json", import.meta.url),
);

const { settings } = loadConfig({
  argv: [],
  env: {
    POLICY_FILE,
    STORAGE: "memory",
    GRPC_PORT: "0",
    POLICY_PORT: "0",
    METRICS_PORT: "0",
    LOG_LEVEL: "error",
  },
  readFile: () => "",
});
const engine = await startEngine({ settings, log: createPinoLog({ level: "error" }) });
const answer = await ask(engine.grpcPort);
const noop = new Server({ "grpc.max_concurrent_streams": 1000 });
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
const noopPort = await new Promise<number>((resolve, reject) => {
  noop.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) reject(error);
    else resolve(port);
  });
});

console.log(
  JSON.stringify({
    enginePort: engine.grpcPort,
    restPort: engine.restPorts[0],
    noopPort,
    allowed: answer.allowed,
  }),
);
process.once("SIGTERM", () => {
  noop.forceShutdown();
  void engine.stop();
});

function ask(port: number): Promise<CheckConnectionResponse> {
  const client = new PolicyDecisionServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.checkConnection(CHECK, (error, response) => {
      client.close();
      if (error) reject(error);
      else resolve(response);
    });
  });
}
