import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CheckConnectionRequest } from "../src/gen/flopynet/policy/v1/decision_service.js";
import { h2load } from "./load.js";
import { interleavedPairs, type Ratio } from "./pairs.js";
import { CHECK } from "./questions.js";

const PAIRS = 7;
const SECONDS = 2;
const PATH = "/flopynet.policy.v1.PolicyDecisionService/CheckConnection";

interface Ports {
  readonly memoryPort: number;
  readonly asyncPort: number;
  readonly syncPort: number;
}

/** What it costs to record every decision on the disk, and to wait for it. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const load = h2load();
  const { server, ports } = await startServer();
  const unary = (port: number) => () =>
    load({ port, path: PATH, messages: [ONE], seconds: SECONDS });
  const ratios: Ratio[] = [];
  try {
    for (const [name, baselineName, subject, baseline] of [
      ["recorded on disk, asynchronously", "kept in memory", ports.asyncPort, ports.memoryPort],
      ["answered once on disk", "recorded asynchronously", ports.syncPort, ports.asyncPort],
    ] as const) {
      const ratio = await interleavedPairs({
        ...{ name, baselineName, pairs: PAIRS },
        subject: unary(subject),
        baseline: unary(baseline),
      });
      ratios.push(ratio);
      print(
        `${name} / ${baselineName}: ${ratio.median} (${ratio.lowest} to ${ratio.highest}, ` +
          `${ratio.pairs} pairs; ${ratio.subjectPerS} against ${ratio.baselinePerS} per second)`,
      );
    }
  } finally {
    server.kill("SIGTERM");
  }
  return { load: "h2load, 4 connections, 16 requests in flight on each", ratios };
}

const ONE = CheckConnectionRequest.encode(CheckConnectionRequest.create(CHECK)).finish();

async function startServer(): Promise<{ server: ChildProcess; ports: Ports }> {
  const file = fileURLToPath(new URL("storage-server.ts", import.meta.url));
  const server = spawn(process.execPath, ["--import", "tsx", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    return { server, ports: JSON.parse(line) as Ports };
  }
  throw new Error("the server ended before it said where it listens");
}
