import { h2loadJson } from "./load.js";
import { interleavedPairs, type Ratio, ratioLine } from "./pairs.js";
import { CHECK_JSON } from "./questions.js";
import { startServer } from "./server-process.js";

const PAIRS = 7;
const SECONDS = 2;

/** What a check over REST costs beside a route of the same Express app that decides nothing. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const load = h2loadJson();
  const { server, ports } = await startServer("rest-check-server.ts", [
    "enginePort",
    "noopPort",
    "barePort",
    "nodePort",
  ]);
  const { enginePort, noopPort, barePort, nodePort } = ports;
  const asked =
    (port: number, path: string, json: object = CHECK_JSON): (() => Promise<number>) =>
    () =>
      load({ port, path, json, seconds: SECONDS });
  const family2 = { policy_type: "network_security", context: CHECK_JSON };
  const noop = { name: "a route that decides nothing", ask: asked(noopPort, "/noop") };
  const bare = { name: "the same in a bare Express app", ask: asked(barePort, "/noop") };
  const node = { name: "the same in node:http", ask: asked(nodePort, "/noop") };
  const check = {
    name: "POST /v1/connections:check",
    ask: asked(enginePort, "/v1/connections:check"),
  };
  const apiCheck = {
    name: "POST /api/v1/check",
    ask: asked(enginePort, "/api/v1/check", family2),
  };
  const explained = {
    name: "POST /v1/connections:check, explained",
    ask: asked(enginePort, "/v1/connections:check", { ...CHECK_JSON, explain: true }),
  };

  const ratios: Ratio[] = [];
  try {
    for (const [subject, baseline] of [
      [check, noop],
      [apiCheck, noop],
      [check, bare],
      [bare, node],
      [check, node],
      [explained, check],
    ] as const) {
      const ratio = await interleavedPairs({
        ...{ name: subject.name, baselineName: baseline.name, pairs: PAIRS },
        ...{ subject: subject.ask, baseline: baseline.ask },
      });
      ratios.push(ratio);
      print(ratioLine(ratio));
    }
  } finally {
    server.kill("SIGTERM");
  }
  return { load: "h2load, HTTP/1.1, 64 connections, one request in flight on each", ratios };
}
