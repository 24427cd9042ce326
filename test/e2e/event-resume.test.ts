import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { askHttp } from "../support/ask-http.js";
import { type EngineProcess, startProcess } from "../support/engine-process.js";
import {
  callError,
  createGrpcClient,
  type GrpcClient,
  type Message,
} from "../support/grpc-client.js";
import { waitFor } from "../support/wait-for.js";

const STREAM = "flopynet.policy.v1.EventService/StreamEvents";
const PUBLISH = "flopynet.policy.v1.EventService/PublishEvent";
const OURS = { filter: { source_components: ["FL_SERVER"] } };

interface Delivery {
  readonly events?: readonly { readonly sequence: string; readonly event_id: string }[];
  readonly cursor: string;
  readonly lost?: unknown;
}

interface Run {
  readonly engine: EngineProcess;
  readonly client: GrpcClient;
  readonly restPort: number;
}

const running: Run[] = [];
afterEach(async () => {
  for (const { engine, client } of running.splice(0)) {
    client.close();
    engine.child.kill("SIGKILL");
    await engine.exited;
  }
});

async function start(dataDir: string): Promise<Run> {
  const engine = startProcess({ DATA_DIR: dataDir, STREAM_BOOKMARK_S: "0.05", LOG_LEVEL: "error" });
  const { grpc, rest } = await engine.listening();
  const run = { engine, client: createGrpcClient(grpc), restPort: rest };
  running.push(run);
  return run;
}

async function end({ engine, client }: Run, signal: NodeJS.Signals): Promise<void> {
  engine.child.kill(signal);
  await engine.exited;
  client.close();
}

function aDataDir(): string {
  return join(mkdtempSync(join(tmpdir(), "flopynet-resume-")), "data");
}

/** Reads into `deliveries` until the stream ends, however it does. */
function follow(client: GrpcClient, request: Message, deliveries: Delivery[]) {
  const stream = client.serverStream(STREAM, request);
  stream.on("data", (message: unknown) => deliveries.push(message as Delivery));
  const ended = new Promise<ReturnType<typeof callError>>((resolve) => {
    stream.on("error", (error) => {
      resolve(callError(error as Parameters<typeof callError>[0]));
    });
  });
  return {
    ended,
    cancel: () => {
      stream.cancel();
    },
  };
}

const eventsOf = (deliveries: readonly Delivery[]) =>
  deliveries.flatMap(({ events = [] }) => events);
const sequencesOf = (deliveries: readonly Delivery[]): number[] =>
  eventsOf(deliveries).map(({ sequence }) => Number(sequence));

/** Publishes one event after another until the engine is gone; the last one may not be answered. */
async function publishUntilGone(client: GrpcClient, queue: string[], published: string[]) {
  for (;;) {
    if (queue.length === 0) queue.push(randomUUID());
    const event = {
      event_id: queue[0] ?? "",
      source_component: "FL_SERVER",
      event_type: "ROUND_COMPLETED",
      severity: "EVENT_SEVERITY_INFO",
    };
    try {
      await client.unary(PUBLISH, { event });
    } catch {
      return; // The next engine gets the same event, with the same id.
    }
    published.push(event.event_id);
    queue.length = 0;
  }
}

describe("following events over restarts", () => {
  it("gives every event exactly once, in order, to readers that resume at their last cursor", async () => {
    const dataDir = aDataDir();
    const all: Delivery[] = [];
    const ours: Delivery[] = [];
    const queue: string[] = [];
    const published: string[] = [];
    const after = (deliveries: readonly Delivery[]): Message => ({
      after_cursor: deliveries.at(-1)?.cursor ?? "",
    });

    for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL", "SIGKILL"] as const) {
      const run = await start(dataDir);
      const readers = [
        follow(run.client, all.length === 0 ? { last: 1000 } : after(all), all),
        follow(run.client, { ...OURS, ...after(ours) }, ours),
      ];
      const [bookmarks, before] = [ours.length, published.length];
      await waitFor("a bookmark", () => ours.length > bookmarks);
      const publishing = publishUntilGone(run.client, queue, published);
      await waitFor("events", () => published.length > before + 30 + Math.random() * 100);
      await end(run, signal);
      await Promise.all([publishing, ...readers.map(({ ended }) => ended)]);
    }

    const run = await start(dataDir);
    follow(run.client, after(all), all);
    follow(run.client, { ...OURS, ...after(ours) }, ours);
    // The first may be stored already, and so come before the last events of all.
    await publishLast(run.client, queue, published);
    await publishLast(run.client, [], published);
    const newest = () => eventsOf(ours).at(-1)?.event_id === published.at(-1);
    await waitFor("the last event", newest);
    await waitFor("all events", () => sequencesOf(all).at(-1) === sequencesOf(ours).at(-1));

    expect(eventsOf(ours).map(({ event_id }) => event_id)).toEqual(published);
    expect(sequencesOf(all)).toEqual(sequencesOf(all).map((_, index) => index + 1));
    expect([...all, ...ours].filter(({ lost }) => lost)).toEqual([]);

    await everyCursorResumes(run.client, ours);
  }, 120_000);

  it("goes on over SSE after the Last-Event-ID of an engine that was killed", async () => {
    const dataDir = aDataDir();
    const first = await start(dataDir);
    const published: string[] = [];
    await publishLast(first.client, [], published);
    const before = await readSse(first.restPort, "/v1/events:stream?last=1");
    expect(before.ids).toEqual([published[0]]);
    await publishLast(first.client, [], published);
    await end(first, "SIGKILL");

    const second = await start(dataDir);
    await publishLast(second.client, [], published);
    const path = "/v1/events:stream?filter.source_components=FL_SERVER";
    const resumed = await readSse(second.restPort, path, before.cursor, 2);
    expect(resumed.ids).toEqual(published.slice(1));
  }, 60_000);

  it("refuses a cursor of another data directory, over gRPC and so that EventSource stops", async () => {
    const first = await start(aDataDir());
    const deliveries: Delivery[] = [];
    const reader = follow(first.client, {}, deliveries);
    await waitFor("a bookmark", () => deliveries.length > 0);
    reader.cancel();
    const cursor = deliveries[0]?.cursor ?? "";
    await end(first, "SIGTERM");

    const second = await start(aDataDir());
    const { ended } = follow(second.client, { after_cursor: cursor }, []);
    expect(await ended).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: { "google.rpc.ErrorInfo": { reason: "CURSOR_OF_ANOTHER_LOG" } },
    });
    const headers = { accept: "text/event-stream", "last-event-id": cursor };
    const sse = await askHttp(second.restPort, "GET /v1/events:stream", { headers });
    expect([sse.status, sse.json]).toEqual([
      400,
      expect.objectContaining({ reason: "CURSOR_OF_ANOTHER_LOG" }),
    ]);
  }, 60_000);
});

/** Publishes what is queued, or one event, and waits for the answer. */
async function publishLast(client: GrpcClient, queue: string[], published: string[]) {
  const event_id = queue[0] ?? randomUUID();
  const event = { event_id, source_component: "FL_SERVER", event_type: "LAST", severity: 1 };
  await client.unary(PUBLISH, { event });
  published.push(event_id);
}

/** Each cursor that was given out leads to exactly what followed it. */
async function everyCursorResumes(client: GrpcClient, deliveries: readonly Delivery[]) {
  const step = Math.ceil(deliveries.length / 25);
  for (let index = 0; index < deliveries.length; index += step) {
    const rest = sequencesOf(deliveries.slice(index + 1));
    const again: Delivery[] = [];
    const after_cursor = deliveries[index]?.cursor ?? "";
    const reader = follow(client, { ...OURS, after_cursor }, again);
    await waitFor("the rest", () => again.length > 0 && sequencesOf(again).length >= rest.length);
    reader.cancel();
    expect(sequencesOf(again)).toEqual(rest);
  }
}

async function readSse(port: number, path: string, lastEventId?: string, events = 1) {
  const stop = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: {
      accept: "text/event-stream",
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    },
    signal: stop.signal,
  });
  let text = "";
  const ids = (): string[] =>
    [...text.matchAll(/^data: (.*)\n\n/gm)].flatMap(([, data = ""]) =>
      (JSON.parse(data) as { events: { eventId: string }[] }).events.map(({ eventId }) => eventId),
    );
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    if (ids().length >= events) break;
  }
  stop.abort();
  return { ids: ids(), cursor: [...text.matchAll(/^id: (.*)\ndata/gm)].at(-1)?.[1] ?? "" };
}
