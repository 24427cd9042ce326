import { h2loadJson } from "./load.js";
import { interleavedPairs, type Ratio, ratioLine } from "./pairs.js";
import { CHECK_JSON, CHECK_OF_TYPE_JSON } from "./questions.js";
import { startServer } from "./server-process.js";

const PAIRS = 11;
const REQUESTS = 5_000;

/** What a check over REST costs beside a route of the same Express app that decides nothing. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const load = h2loadJson();
  const { server, ports } = await startServer("rest-check-server.ts", [
    "enginePort",
    "noopPort",
    "barePort",
    "nodePort",
    "cpuPort",
  ]);
  const { enginePort, noopPort, barePort, nodePort, cpuPort } = ports;
  // Of the server's processor time, so that other programs on the machine count little.
  const asked =
    (port: number, path: string, json: object = CHECK_JSON) =>
    async () => {
      const before = await cpuSeconds(cpuPort);
      await load({ port, path, json, requests: REQUESTS });
      return REQUESTS / ((await cpuSeconds(cpuPort)) - before);
    };
  const noop = { name: "a route that decides nothing", ask: asked(noopPort, "/noop") };
  const bare = { name: "the same in a bare Express app", ask: asked(barePort, "/noop") };
  const node = { name: "the same in node:http", ask: asked(nodePort, "/noop") };
  const noopExplained = {
    name: "a route that decides nothing and answers as much",
    ask: asked(noopPort, "/noop-explained", CHECK_OF_TYPE_JSON),
  };
  const check = {
    name: "POST /v1/connections:check",
    ask: asked(enginePort, "/v1/connections:check"),
  };
  const explained = {
    name: "POST /v1/connections:check, explained",
    ask: asked(enginePort, "/v1/connections:check", { ...CHECK_JSON, explain: true }),
  };
  const plain = {
    name: "POST /v1/policies:check",
    ask: asked(enginePort, "/v1/policies:check", CHECK_OF_TYPE_JSON),
  };
  const apiCheck = {
    name: "POST /api/v1/check, which explains",
    ask: asked(enginePort, "/api/v1/check", CHECK_OF_TYPE_JSON),
  };

  const ratios: Ratio[] = [];
  try {
    for (const { ask } of [noop, bare, node, noopExplained, check, explained, plain, apiCheck]) {
      await ask(); // Until it is compiled.
    }
    for (const [subject, baseline] of [
      [check, noop],
      [check, bare],
      [apiCheck, noopExplained],
      [apiCheck, noop],
      [apiCheck, plain],
      [explained, check],
      [bare, node],
      [check, node],
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
  const how = "h2load, HTTP/1.1, 64 connections, one request in flight on each";
  return { load: how, rates: "requests per second of the server's processor time", ratios };
}

async function cpuSeconds(port: number): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${port}`)).text());
}
