import { type ClientReadableStream, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CallError,
  callError,
  createGrpcClient,
  type GrpcClient,
  type Message,
} from "../../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

const STREAM = "flopynet.policy.v1.EventService/StreamEvents";
const BATCH = "flopynet.policy.v1.PolicyDecisionService/BatchCheckConnections";
const SETTINGS = { DECISION_EVENTS_PER_S: "1000000", STREAM_BOOKMARK_S: "0.05" };

/** Of 1,000 events: more than the windows, the streams' buffers and the ring hold together. */
const ROUNDS = 15;

let engine: TestEngine;
let client: GrpcClient;

beforeAll(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET, settings: SETTINGS });
  client = createGrpcClient(engine.grpcPort);
});

afterAll(async () => {
  client.close();
  await engine.stop();
});

interface Delivery {
  readonly events?: readonly { readonly sequence: string; readonly event_type: string }[];
  readonly cursor: string;
  readonly lost?: { readonly first_sequence: string; readonly last_sequence: string };
}

interface Reading {
  readonly deliveries: Delivery[];
  readonly ended: Promise<CallError>;
}

function read(stream: ClientReadableStream<Message>): Reading {
  const deliveries: Delivery[] = [];
  stream.on("data", (message: unknown) => deliveries.push(message as Delivery));
  const ended = new Promise<CallError>((resolve) => {
    stream.on("error", (error: ServiceError) => {
      resolve(callError(error));
    });
  });
  return { deliveries, ended };
}

/** Sequences in the order received; what was lost counts as received. */
function sequencesOf(deliveries: readonly Delivery[]): number[] {
  return deliveries.flatMap(({ lost, events = [] }) => [
    ...(lost ? range(Number(lost.first_sequence), Number(lost.last_sequence)) : []),
    ...events.map(({ sequence }) => Number(sequence)),
  ]);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function emitEvents(count: number): Promise<Message> {
  return client.unary(BATCH, { items: Array.from({ length: count }, () => ({ dst_port: 23 })) });
}

describe("a stream of events", () => {
  it("opens with a bookmark at once, and brings what happens next", async () => {
    const stream = client.serverStream(STREAM, {});
    const { deliveries } = read(stream);
    await waitFor("a bookmark", () => deliveries.length > 0);
    expect(deliveries[0]).toEqual({ cursor: expect.stringMatching(/./) as unknown });
    await emitEvents(1);
    await waitFor("an event", () => sequencesOf(deliveries).length === 1);
    stream.cancel();
  });

  it("goes on after a cursor: every event once", async () => {
    const stream = client.serverStream(STREAM, { last: 1000 });
    const first = read(stream);
    await waitFor("the events so far", () => sequencesOf(first.deliveries).length > 0);
    const cursor = first.deliveries.at(-1)?.cursor;
    stream.cancel();
    await first.ended;
    const seen = sequencesOf(first.deliveries);

    await emitEvents(5);
    const again = client.serverStream(STREAM, { after_cursor: cursor });
    const { deliveries } = read(again);
    await waitFor("five events", () => sequencesOf(deliveries).length === 5);
    again.cancel();
    const last = seen.at(-1) ?? 0;
    expect(sequencesOf(deliveries)).toEqual(range(last + 1, last + 5));
  });

  it("lets only matching events through, while its cursor moves on", async () => {
    const filter = { event_types: ["ENGINE_STOP"] };
    const stream = client.serverStream(STREAM, { filter });
    const { deliveries } = read(stream);
    await waitFor("a bookmark", () => deliveries.length > 0);
    await emitEvents(3);
    await waitFor("a cursor that moved", () => new Set(deliveries.map((d) => d.cursor)).size > 1);
    stream.cancel();
    expect(sequencesOf(deliveries)).toEqual([]);
  });

  it("gives the same to many subscribers", async () => {
    const streams = Array.from({ length: 50 }, () => client.serverStream(STREAM, {}));
    const readings = streams.map(read);
    await waitFor("bookmarks", () => readings.every(({ deliveries }) => deliveries.length > 0));
    await emitEvents(300);
    await waitFor("300 events each", () =>
      readings.every(({ deliveries }) => sequencesOf(deliveries).length === 300),
    );
    const [first] = readings.map(({ deliveries }) => sequencesOf(deliveries));
    for (const { deliveries } of readings) expect(sequencesOf(deliveries)).toEqual(first);
    for (const stream of streams) stream.cancel();
  });

  it("a reader that stops reading costs nobody anything, and learns what it lost", async () => {
    const slow = client.serverStream(STREAM, {});
    const { deliveries } = read(slow);
    await waitFor("a bookmark", () => deliveries.length > 0);
    slow.pause();
    const probe = client.serverStream(STREAM, {});
    const fast = read(probe);
    await waitFor("a bookmark", () => fast.deliveries.length > 0);
    for (let round = 0; round < ROUNDS; round += 1) {
      await emitEvents(1000);
      await waitFor("the round", () => sequencesOf(fast.deliveries).length >= (round + 1) * 1000);
    }
    const newest = Math.max(...sequencesOf(fast.deliveries));

    slow.resume();
    await waitFor("everything", () => sequencesOf(deliveries).at(-1) === newest);
    const sequences = sequencesOf(deliveries);
    expect(sequences).toEqual(range(sequences[0] ?? 0, newest));
    expect(sequences.length).toBeGreaterThanOrEqual(ROUNDS * 1000);
    expect(deliveries.some(({ lost }) => lost)).toBe(true);
    slow.cancel();
    probe.cancel();
  });

  it("ends UNAVAILABLE on drain, after ENGINE_STOP, with the cursor to go on from", async () => {
    const draining = await startTestEngine({ policies: SMALL_POLICY_SET, settings: SETTINGS });
    const own = createGrpcClient(draining.grpcPort);
    const { deliveries, ended } = read(own.serverStream(STREAM, {}));
    await waitFor("a bookmark", () => deliveries.length > 0);
    await draining.stop();
    expect(await ended).toMatchObject({
      code: status.UNAVAILABLE,
      details: {
        "google.rpc.ErrorInfo": {
          reason: "SHUTTING_DOWN",
          metadata: { cursor: expect.stringMatching(/./) as unknown },
        },
      },
    });
    const types = deliveries.flatMap(({ events = [] }) => events.map((event) => event.event_type));
    expect(types.at(-1)).toBe("ENGINE_STOP");
    own.close();
  });

  it("is refused when all subscriptions are taken", async () => {
    const settings = { ...SETTINGS, MAX_SUBSCRIBERS: "1" };
    const small = await startTestEngine({ policies: SMALL_POLICY_SET, settings });
    const own = createGrpcClient(small.grpcPort);
    const { deliveries } = read(own.serverStream(STREAM, {}));
    await waitFor("a bookmark", () => deliveries.length > 0);
    expect(await read(own.serverStream(STREAM, {})).ended).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: { "google.rpc.ErrorInfo": { reason: "TOO_MANY_SUBSCRIBERS" } },
    });
    own.close();
    await small.stop();
  });
});
