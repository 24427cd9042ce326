import { CheckConnectionRequest } from "../src/gen/flopynet/policy/v1/decision_service.js";
import { h2load } from "./load.js";
import { interleavedPairs, type Ratio, ratioLine } from "./pairs.js";
import { CHECK } from "./questions.js";
import { startServer } from "./server-process.js";

const PAIRS = 15;
const DURATION_MS = 1_000;
const PATH = "/flopynet.policy.v1.PolicyDecisionService/CheckConnection";

/** What it costs to record every decision on the disk, and to wait for it. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const load = h2load();
  const { server, ports } = await startServer("storage-server.ts", [
    "memoryPort",
    "asyncPort",
    "retainingPort",
    "syncPort",
  ]);
  const unary = (port: number) => () =>
    load({ port, path: PATH, messages: [ONE], durationMs: DURATION_MS });
  const ratios: Ratio[] = [];
  try {
    for (const [name, baselineName, subject, baseline] of [
      ["recorded on disk, asynchronously", "kept in memory", ports.asyncPort, ports.memoryPort],
      [
        "recorded while retention and vacuum run all the time",
        "recorded asynchronously",
        ...([ports.retainingPort, ports.asyncPort] as const),
      ],
      ["answered once on disk", "recorded asynchronously", ports.syncPort, ports.asyncPort],
    ] as const) {
      const ratio = await interleavedPairs({
        ...{ name, baselineName, pairs: PAIRS },
        subject: unary(subject),
        baseline: unary(baseline),
      });
      ratios.push(ratio);
      print(ratioLine(ratio));
    }
  } finally {
    server.kill("SIGTERM");
  }
  return { load: "h2load, 4 connections, 16 requests in flight on each", ratios };
}

const ONE = CheckConnectionRequest.encode(CheckConnectionRequest.create(CHECK)).finish();
