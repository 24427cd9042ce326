import {
  BatchCheckConnectionsRequest,
  CheckConnectionRequest,
  StreamCheckConnectionsRequest,
} from "../src/gen/flopynet/policy/v1/decision_service.js";
import { h2load } from "./load.js";
import { interleavedPairs, type Ratio, ratioLine } from "./pairs.js";
import { CHECK } from "./questions.js";
import { startServer } from "./server-process.js";

const PAIRS = 11;
const SECONDS = 2;
const BATCH_ITEMS = 100;
const STREAM_CHECKS = 100;
const SERVICE = "/flopynet.policy.v1.PolicyDecisionService";

/** What a check over gRPC costs beside what the transport alone costs. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const load = h2load();
  const { server, ports } = await startServer("server.ts", ["enginePort", "noopPort"]);
  const unary = (port: number) => () =>
    load({ port, path: `${SERVICE}/CheckConnection`, messages: [ONE], seconds: SECONDS });
  const engine = unary(ports.enginePort);
  const batch = async (): Promise<number> =>
    BATCH_ITEMS *
    (await load({
      port: ports.enginePort,
      path: `${SERVICE}/BatchCheckConnections`,
      messages: [BATCH],
      seconds: SECONDS,
    }));
  const stream = async (): Promise<number> =>
    STREAM_CHECKS *
    (await load({
      port: ports.enginePort,
      path: `${SERVICE}/StreamCheckConnections`,
      messages: Array.from({ length: STREAM_CHECKS }, () => STREAMED),
      seconds: SECONDS,
    }));

  const ratios: Ratio[] = [];
  try {
    const measure = async (options: Parameters<typeof interleavedPairs>[0]): Promise<void> => {
      const ratio = await interleavedPairs(options);
      ratios.push(ratio);
      print(ratioLine(ratio));
    };
    await measure({
      name: "CheckConnection, 20 policies",
      baselineName: "a handler that decides nothing",
      pairs: PAIRS,
      subject: engine,
      baseline: unary(ports.noopPort),
    });
    await measure({
      name: `checks in batches of ${BATCH_ITEMS}`,
      baselineName: "unary checks",
      pairs: PAIRS,
      subject: batch,
      baseline: engine,
    });
    await measure({
      name: `checks over streams, ${STREAM_CHECKS} each`,
      baselineName: "unary checks",
      pairs: PAIRS,
      subject: stream,
      baseline: engine,
    });
  } finally {
    server.kill("SIGTERM");
  }
  return { load: "h2load, 4 connections, 16 requests in flight on each", ratios };
}

const ONE = CheckConnectionRequest.encode(CheckConnectionRequest.create(CHECK)).finish();
const BATCH = BatchCheckConnectionsRequest.encode(
  BatchCheckConnectionsRequest.create({ items: Array.from({ length: BATCH_ITEMS }, () => CHECK) }),
).finish();
const STREAMED = StreamCheckConnectionsRequest.encode(
  StreamCheckConnectionsRequest.create({ check: CHECK }),
).finish();
