/**
 * The server under test, a process of its own: the engine with FLOPY-NET's 20 policies, and beside it,
 * each on a port of its own, a route that decides nothing and answers a constant of the same size: in
 * an Express app with the engine's HTTP manners, in a bare one, and in `node:http`; and what processor
 * time all that has taken, in seconds. Prints the ports as one line of JSON.
 */
import express, { type Express } from "express";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { loadConfig } from "../src/config/load-config.js";
import { startEngine } from "../src/engine.js";
import { createHttpManners } from "../src/transport/rest/http-manners.js";
import { CHECK_JSON, CHECK_OF_TYPE_JSON } from "./questions.js";

const POLICY_FILE = fileURLToPath(
  new URL("../test/fixtures/flopynet/policies.json", import.meta.url),
);

const { settings } = loadConfig({
  argv: [],
  env: {
    ...{ POLICY_FILE, STORAGE: "memory", LOG_LEVEL: "error" },
    ...{ GRPC_PORT: "0", POLICY_PORT: "0", METRICS_PORT: "0" },
  },
  readFile: () => "",
});
const log = createPinoLog({ level: "error" });
const engine = await startEngine({ settings, log });
const enginePort = engine.restPorts[0] ?? 0;
/** What each path of a route that decides nothing answers: the engine's own answer, made once. */
const answers: Readonly<Record<string, object>> = {
  "/noop": await ask("/v1/connections:check", CHECK_JSON),
  "/noop-explained": await ask("/api/v1/check", CHECK_OF_TYPE_JSON),
};

const manners = { log, host: settings.HOST, corsOrigins: [], anyOriginMayGet: false };
const engineLike = express();
engineLike.use(createHttpManners(manners));

const nodeServer: RequestListener = (request, reply) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    JSON.parse(text);
    reply.setHeader("Content-Type", "application/json");
    reply.end(JSON.stringify(answers[request.url ?? ""]));
  });
};

console.log(
  JSON.stringify({
    enginePort,
    noopPort: await listen(withNoop(engineLike)),
    barePort: await listen(withNoop(express())),
    nodePort: await listen(nodeServer),
    cpuPort: await listen((_request, reply) => {
      const { user, system } = process.cpuUsage();
      reply.end(String((user + system) / 1e6));
    }),
  }),
);
process.once("SIGTERM", () => {
  void engine.stop().then(() => process.exit());
});

function withNoop(app: Express): Express {
  for (const [path, answer] of Object.entries(answers)) {
    app.post(path, express.json(), (_request, reply) => {
      reply.json(answer);
    });
  }
  return app;
}

async function ask(path: string, json: object): Promise<object> {
  const response = await fetch(`http://127.0.0.1:${enginePort}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
  if (response.status !== 200) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as object;
}

function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}
