import { readdirSync, readFileSync } from "node:fs";
import { CheckConnectionRequest } from "../src/gen/flopynet/policy/v1/decision_service.js";
import { h2loadCalls } from "./load.js";
import { interleavedPairs, ratioLine } from "./pairs.js";
import { CHECK } from "./questions.js";
import { startServer } from "./server-process.js";

const PAIRS = 41;
const REQUESTS = 4_000;

/**
 * What a check costs more where it names a client, whose trust is then asked for: by processor time of
 * the engine (Linux tells it), so that other programs count little.
 */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const load = h2loadCalls();
  const { server, ports } = await startServer("trust-check-server.ts", ["port"], [CHECK.clientId]);
  const asked = (check: CheckConnectionRequest) => async (): Promise<number> => {
    const startMs = cpuMsOf(server.pid);
    await load({
      port: ports.port,
      path: "/flopynet.policy.v1.PolicyDecisionService/CheckConnection",
      messages: [CheckConnectionRequest.encode(check).finish()],
      requests: REQUESTS,
    });
    return REQUESTS / ((cpuMsOf(server.pid) - startMs) / 1000);
  };
  const [subject, baseline] = [asked(CHECK), asked({ ...CHECK, clientId: "" })];
  try {
    for (const warm of [subject, baseline, subject, baseline]) await warm();
    const ratio = await interleavedPairs({
      ...{ name: "CheckConnection with client_id", baselineName: "without", pairs: PAIRS },
      ...{ subject, baseline },
    });
    print(ratioLine(ratio));
    return { load: "h2load, 4 connections, 16 requests in flight on each", ratio };
  } finally {
    server.kill("SIGTERM");
  }
}

/** Of all threads of a process. */
function cpuMsOf(pid = 0): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const usedNs = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]),
  );
  return usedNs.reduce((sum, ns) => sum + ns, 0) / 1e6;
}
