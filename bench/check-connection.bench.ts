import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  BatchCheckConnectionsRequest,
  CheckConnectionRequest,
  StreamCheckConnectionsRequest,
} from "../src/gen/flopynet/policy/v1/decision_service.js";
import { seededRandom, typedSet } from "./generate-policies.js";
import { h2load } from "./load.js";
import { interleavedPairs, type Ratio, ratioLine } from "./pairs.js";
import { CHECK } from "./questions.js";
import { startServer } from "./server-process.js";

/** Short and many: where a machine's speed changes by the second, neighbours in time are alike. */
const PAIRS = 25;
const DURATION_MS = 500;
const BATCH_ITEMS = 100;
const STREAM_CHECKS = 100;
const RULES = 10_000;
const POLICY_FILE = fileURLToPath(
  new URL("../test/fixtures/flopynet/policies.json", import.meta.url),
);
const SERVICE = "/flopynet.policy.v1.PolicyDecisionService";

interface Subject {
  readonly name: string;
  readonly policyFile: string;
  readonly check: CheckConnectionRequest;
}

type Print = (line: string) => void;

/** What a check over gRPC costs beside what the transport alone costs. */
export async function benchmark(print: Print): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "flopynet-bench-"));
  const file = join(folder, "policies.json");
  const check = writeManyRules(file);
  const ratios = [
    ...(await measure({ name: "20 policies", policyFile: POLICY_FILE, check: CHECK }, print)),
    ...(await measure({ name: `${RULES} rules`, policyFile: file, check }, print)),
  ];
  rmSync(folder, { recursive: true });
  return { load: "h2load, 4 connections, 16 requests in flight on each", ratios };
}

async function measure({ name, policyFile, check }: Subject, print: Print): Promise<Ratio[]> {
  const load = h2load();
  const { server, ports } = await startServer(
    "server.ts",
    ["enginePort", "decidingPort", "noopPort"],
    [policyFile, JSON.stringify(check)],
  );
  const asked =
    (port: number, method: string, messages: readonly Uint8Array[], checks: number) =>
    async (): Promise<number> =>
      checks *
      (await load({ port, path: `${SERVICE}/${method}`, messages, durationMs: DURATION_MS }));
  const one = [CheckConnectionRequest.encode(check).finish()];
  const items = Array.from({ length: BATCH_ITEMS }, () => check);
  const batch = [BatchCheckConnectionsRequest.encode({ items, explain: false }).finish()];
  const streamed = Array.from({ length: STREAM_CHECKS }, () =>
    StreamCheckConnectionsRequest.encode({ check }).finish(),
  );
  const engine = asked(ports.enginePort, "CheckConnection", one, 1);
  const noop = asked(ports.noopPort, "CheckConnection", one, 1);

  const ratios: Ratio[] = [];
  try {
    for (const [subjectName, baselineName, subject, baseline] of [
      ["CheckConnection", "a handler that decides nothing", engine, noop],
      [
        "CheckConnection, nothing recorded or told",
        "a handler that decides nothing",
        asked(ports.decidingPort, "CheckConnection", one, 1),
        noop,
      ],
      [
        `checks in batches of ${BATCH_ITEMS}`,
        "unary checks",
        asked(ports.enginePort, "BatchCheckConnections", batch, BATCH_ITEMS),
        engine,
      ],
      [
        `checks over streams, ${STREAM_CHECKS} each`,
        "unary checks",
        asked(ports.enginePort, "StreamCheckConnections", streamed, STREAM_CHECKS),
        engine,
      ],
    ] as const) {
      const ratio = await interleavedPairs({
        ...{ name: `${name}: ${subjectName}`, baselineName, pairs: PAIRS, subject, baseline },
      });
      ratios.push(ratio);
      print(ratioLine(ratio));
    }
  } finally {
    server.kill("SIGTERM");
  }
  return ratios;
}

/** Writes a policy file with rules of which three match on average. @returns A question about them. */
function writeManyRules(file: string): CheckConnectionRequest {
  const random = seededRandom(1);
  const { matches, contexts } = typedSet({ rules: RULES, meanMatches: 3, contexts: 1, random });
  const rules = matches.map((match, index) => ({
    action: index % 2 === 0 ? "allow" : "deny",
    match,
  }));
  const policy = { id: "generated", name: "generated", type: "network_security", rules };
  writeFileSync(file, JSON.stringify({ policies: [policy] }));
  const text = (name: string): string => {
    const value = contexts[0]?.[name];
    return typeof value === "string" ? value : "";
  };
  return {
    ...CHECK,
    srcType: text("src_type"),
    dstType: text("dst_type"),
    protocol: text("protocol"),
  };
}
