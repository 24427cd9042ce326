import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client, credentials } from "@grpc/grpc-js";
import { createPinoLog } from "../src/adapters/pino/log.js";
import { createSqliteEventLog } from "../src/adapters/sqlite/event-log.js";
import { openSqliteStorage } from "../src/adapters/sqlite/sqlite-storage.js";
import { createEventCursors } from "../src/application/event-cursor.js";
import type { NewEvent } from "../src/application/ports/event-log.js";
import {
  BatchCheckConnectionsRequest,
  CheckConnectionRequest,
} from "../src/gen/flopynet/policy/v1/decision_service.js";
import { StreamEventsRequest } from "../src/gen/flopynet/policy/v1/event_service.js";
import { interleavedPairs, median } from "./pairs.js";
import { CHECK } from "./questions.js";

const SUBSCRIBERS = 1000;
const EVENTS_PER_S = 1000;
/** Events of one burst; one every 20 ms. */
const BURST = EVENTS_PER_S / 50;
const SECONDS = 4;
const PAIRS = 3;
const STREAMS_PER_CONNECTION = 250;
const RESUMED = 100_000;
const RESUMES = 9;
/** What a reader takes before it says that it can take more: the default of grpc-js, and of Java. */
const WINDOWS = [65_535, 2 ** 20];
const STORED = 1_000_000;

const STREAM = "/flopynet.policy.v1.EventService/StreamEvents";
const CHECKS = "/flopynet.policy.v1.PolicyDecisionService";

/** Fan-out to many, resuming over what is stored, and starting on a large store. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "flopynet-bench-"));
  try {
    const fanOut = await measureFanOut(join(folder, "fan-out"), print);
    const resume = await measureResume(join(folder, "resume"), print);
    const start = await measureStart(join(folder, "start"), print);
    return { subscribers: SUBSCRIBERS, events_per_s: EVENTS_PER_S, ...fanOut, ...resume, ...start };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureFanOut(dataDir: string, print: (line: string) => void): Promise<object> {
  const server = await startServer(dataDir);
  const checkMs: number[] = [];
  const checks = new Client(`127.0.0.1:${server.enginePort}`, credentials.createInsecure());
  const denied = BatchCheckConnectionsRequest.encode(
    BatchCheckConnectionsRequest.create({
      items: Array.from({ length: BURST }, () => ({ ...CHECK, protocol: "sctp" })),
    }),
  ).finish();
  const one = CheckConnectionRequest.encode(CheckConnectionRequest.create(CHECK)).finish();
  const emitByEngine = async (): Promise<void> => {
    await unary(checks, `${CHECKS}/BatchCheckConnections`, denied);
    const startMs = performance.now();
    await unary(checks, `${CHECKS}/CheckConnection`, one);
    checkMs.push(performance.now() - startMs);
  };
  const emitPlainly = (): Promise<void> => {
    for (let n = 0; n < BURST; n += 1) server.child.send("emit");
    return Promise.resolve();
  };

  const arrivedPerS: number[] = [];
  /** Deliveries per second of the server's processor time. */
  const deliveries = (port: number, emit: () => Promise<void>) => async (): Promise<number> => {
    const readers = await subscribe(port, SUBSCRIBERS);
    const cpuBefore = await server.cpuMs();
    const before = readers.delivered();
    const startMs = performance.now();
    const emitting: Promise<void>[] = [];
    for (let burst = 1; burst <= SECONDS * 50; burst += 1) {
      emitting.push(emit());
      await delay(Math.max(0, startMs + burst * 20 - performance.now()));
    }
    const arrived = readers.delivered() - before;
    const seconds = (performance.now() - startMs) / 1000;
    const cpuS = ((await server.cpuMs()) - cpuBefore) / 1000;
    readers.close();
    await Promise.all(emitting);
    await delay(500); // The next side begins with a server at rest.
    if (port === server.enginePort) arrivedPerS.push(arrived / seconds);
    return arrived / cpuS;
  };

  const ratio = await interleavedPairs({
    name: "deliveries per second of processor time, encoded once",
    baselineName: "encoded for every subscriber",
    pairs: PAIRS,
    subject: deliveries(server.enginePort, emitByEngine),
    baseline: deliveries(server.plainPort, emitPlainly),
  });
  checks.close();
  await server.stop();
  const p99 = percentile(checkMs, 0.99);
  print(
    `${ratio.name} / ${ratio.baseline}: ${ratio.median} (${ratio.lowest} to ${ratio.highest}, ` +
      `${ratio.pairs} pairs; ${ratio.subjectPerS} against ${ratio.baselinePerS} per second); ` +
      `${Math.round(median(arrivedPerS))} arrived per second`,
  );
  print(`CheckConnection meanwhile: p50 ${percentile(checkMs, 0.5)} ms, p99 ${p99} ms`);
  return {
    ratios: [ratio],
    arrived_per_s: Math.round(median(arrivedPerS)),
    check_p50_ms: percentile(checkMs, 0.5),
    check_p99_ms: p99,
  };
}

async function measureResume(dataDir: string, print: (line: string) => void): Promise<object> {
  const logId = await storeEvents(dataDir, RESUMED);
  const server = await startServer(dataDir);
  const afterCursor = createEventCursors(logId).cursorAt(0);
  const resumed: object[] = [];
  for (const windowBytes of WINDOWS) {
    const ofTime: number[] = [];
    const ofProcessor: number[] = [];
    for (let round = 0; round < RESUMES; round += 1) {
      const cpuBefore = await server.cpuMs();
      const startMs = performance.now();
      const readers = await subscribe(server.enginePort, 1, { afterCursor, windowBytes });
      while (readers.delivered() < RESUMED) await delay(1);
      ofTime.push((RESUMED / (performance.now() - startMs)) * 1000);
      ofProcessor.push((RESUMED / ((await server.cpuMs()) - cpuBefore)) * 1000);
      readers.close();
    }
    const [perS, perCpuS] = [Math.round(median(ofTime)), Math.round(median(ofProcessor))];
    print(
      `resume over ${RESUMED} stored events, a reader with a window of ${windowBytes} bytes: ` +
        `${perS} per second, ${perCpuS} per second of processor time of all threads`,
    );
    resumed.push({ window_bytes: windowBytes, per_s: perS, per_cpu_s: perCpuS });
  }
  await server.stop();
  return { resumed_events: RESUMED, resumed };
}

async function measureStart(dataDir: string, print: (line: string) => void): Promise<object> {
  await storeEvents(dataDir, 1);
  const emptyMs = await startMsOf(dataDir);
  await storeEvents(dataDir, STORED);
  const startMs = await startMsOf(dataDir);
  print(`start with ${STORED} stored events: ${startMs} ms, with one: ${emptyMs} ms`);
  return { stored_events: STORED, start_ms: startMs, start_ms_with_one_event: emptyMs };
}

async function startMsOf(dataDir: string): Promise<number> {
  const startMs = performance.now();
  const server = await startServer(dataDir);
  const took = Math.round(performance.now() - startMs);
  await server.stop();
  return took;
}

async function storeEvents(dataDir: string, count: number): Promise<string> {
  const log = createPinoLog({ level: "error" });
  const storage = await openSqliteStorage({ dataDir, log });
  const eventLog = createSqliteEventLog({ storage, log });
  for (let left = count; left > 0; left -= 1000) {
    eventLog.append(Array.from({ length: Math.min(1000, left) }, anEvent));
    await storage.flush();
  }
  const { logId } = eventLog;
  await storage.close();
  return logId;
}

function anEvent(): NewEvent {
  return {
    eventId: crypto.randomUUID(),
    timestampMs: Date.now(),
    sourceComponent: "POLICY_ENGINE",
    eventType: "POLICY_VIOLATION",
    severity: "warning",
    policyVersion: 1,
    policyId: "default-net-sec-001",
    decisionId: crypto.randomUUID(),
    details: { policy_type: "network_security", reason: "denied by a rule", deny_kind: "explicit" },
  };
}

/** Streams that count events without decoding them, so that the reader is not what is measured. */
async function subscribe(
  port: number,
  count: number,
  { afterCursor = "", windowBytes = 65_535 } = {},
) {
  const request = StreamEventsRequest.encode(StreamEventsRequest.create({ afterCursor })).finish();
  let delivered = 0;
  let open = 0;
  const clients: Client[] = [];
  const streams: { cancel(): void }[] = [];
  for (let index = 0; index < count; index += 1) {
    const isNew = index % STREAMS_PER_CONNECTION === 0;
    const options = {
      "grpc.use_local_subchannel_pool": 1, // A connection of its own.
      "grpc-node.flow_control_window": windowBytes,
    };
    if (isNew) clients.push(new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options));
    const client = clients.at(-1);
    if (!client) continue;
    const encoded = Buffer.from(request);
    const stream = client.makeServerStreamRequest(
      STREAM,
      (bytes: Buffer) => bytes,
      eventsIn,
      encoded,
    );
    streams.push(stream);
    stream.on("error", () => undefined); // It is cancelled below.
    stream.once("data", () => (open += 1));
    stream.on("data", (events: { count: number }) => (delivered += events.count));
  }
  while (open < count) await delay(5);
  return {
    delivered: () => delivered,
    close: () => {
      for (const stream of streams) stream.cancel();
      for (const client of clients) client.close();
    },
  };
}

/** How many fields 1 (`events`) a StreamEventsResponse has. */
function eventsIn(message: Buffer): { count: number } {
  let count = 0;
  let at = 0;
  while (message[at] === 0x0a) {
    at += 1;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += length;
    count += 1;
  }
  return { count };
}

async function startServer(dataDir: string) {
  const script = fileURLToPath(new URL("event-stream-server.ts", import.meta.url));
  const env = { PATH: process.env["PATH"], DATA_DIR: dataDir };
  const built = fileURLToPath(new URL("use-built.mjs", import.meta.url));
  const child = fork(script, { execArgv: ["--import", "tsx", "--import", built], env });
  const ports = (await nextMessage(child)) as { enginePort: number; plainPort: number };
  return {
    ...ports,
    child,
    cpuMs: async (): Promise<number> => {
      child.send("cpu");
      return ((await nextMessage(child)) as { cpu: number }).cpu;
    },
    stop: (): Promise<void> =>
      new Promise((resolve) => {
        child.once("exit", () => {
          resolve();
        });
        child.kill("SIGTERM");
      }),
  };
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => {
      reject(new Error("the server under test ended"));
    };
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message);
    });
  });
}

function unary(client: Client, method: string, request: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asIs = (bytes: Buffer): Buffer => bytes;
    client.makeUnaryRequest(method, asIs, asIs, Buffer.from(request), (error, answer) => {
      if (answer) resolve(answer);
      else reject(error ?? new Error("no answer"));
    });
  });
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return Math.round(value * 10) / 10;
}
