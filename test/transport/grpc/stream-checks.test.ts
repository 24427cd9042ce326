import { type ClientDuplexStream, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  callError,
  createGrpcClient,
  type GrpcClient,
  type Message,
  struct,
} from "../../support/grpc-client.js";
import { ALLOWED_CONNECTION, SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

const STREAM = "flopynet.policy.v1.PolicyDecisionService/StreamCheckConnections";
const CHECK = "flopynet.policy.v1.PolicyDecisionService/CheckConnection";

let engine: TestEngine;
let client: GrpcClient;

beforeAll(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET });
  client = createGrpcClient(engine.grpcPort);
});

afterAll(async () => {
  client.close();
  await engine.stop();
});

interface Reading {
  readonly results: Message[];
  /** The status that ended the stream. */
  readonly ended: Promise<{ code: number; message: string }>;
}

function readAll(stream: ClientDuplexStream<Message, Message>): Reading {
  const results: Message[] = [];
  stream.on("data", ({ result }: Message) => results.push(result as Message));
  const ended = new Promise<{ code: number; message: string }>((resolve) => {
    stream.on("error", (error: ServiceError) => {
      resolve(callError(error));
    });
    stream.on("status", ({ code, details }: { code: number; details: string }) => {
      if (code === (status.OK as number)) resolve({ code, message: details });
    });
  });
  return { results, ended };
}

describe("a stream of checks", () => {
  it("answers 5,000 checks in order, and ends OK after half-close and all answers", async () => {
    const stream = client.bidi(STREAM);
    const { results, ended } = readAll(stream);
    for (let index = 0; index < 5_000; index += 1) {
      stream.write({ check: { ...ALLOWED_CONNECTION, request_id: String(index) } });
    }
    stream.end();
    expect(await ended).toMatchObject({ code: status.OK });
    expect(results.map((result) => result["request_id"])).toEqual(
      Array.from({ length: 5_000 }, (_, index) => String(index)),
    );
  });

  it("answers a check before the next is sent", async () => {
    const stream = client.bidi(STREAM);
    const { results } = readAll(stream);
    for (const request_id of ["a", "b"]) {
      stream.write({ check: { request_id } });
      await waitFor(`an answer to ${request_id}`, () =>
        results.some((result) => result["request_id"] === request_id),
      );
    }
    stream.cancel();
  });

  it("ends OK when nothing was asked", async () => {
    const stream = client.bidi(STREAM);
    const { results, ended } = readAll(stream);
    stream.end();
    expect(await ended).toMatchObject({ code: status.OK });
    expect(results).toEqual([]);
  });

  it("answers an invalid item, and one without a check, and goes on", async () => {
    const stream = client.bidi(STREAM);
    const { results, ended } = readAll(stream);
    stream.write({ check: { dst_port: 70_000 } });
    stream.write({});
    stream.write({ check: ALLOWED_CONNECTION });
    stream.end();
    await ended;
    expect(results).toMatchObject([
      {
        deny_kind: "DENY_KIND_INVALID_REQUEST",
        reason: expect.stringContaining("70000") as unknown,
      },
      { deny_kind: "DENY_KIND_INVALID_REQUEST", reason: "check must be given" },
      { allowed: true },
    ]);
  });

  it("survives a caller who goes away in the middle", async () => {
    const stream = client.bidi(STREAM);
    const { ended } = readAll(stream);
    for (let index = 0; index < 1_000; index += 1) stream.write({ check: {} });
    stream.cancel();
    expect(await ended).toMatchObject({ code: status.CANCELLED });
    expect(await client.unary(CHECK, ALLOWED_CONNECTION)).toMatchObject({ allowed: true });
  });

  it("holds back a caller who does not read, and answers everything once it does", async () => {
    const rules = [{ action: "deny", match: { blob: "other" } }];
    const own = await startTestEngine({
      policies: { policies: { p: { name: "p", type: "network_security", rules } } },
    });
    const ownClient = createGrpcClient(own.grpcPort);
    const stream = ownClient.bidi(STREAM);
    // Why: the explanation repeats the blob, so that few unread answers fill every window.
    const context = struct({ blob: "x".repeat(8_000) });
    const write = (): Promise<boolean> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, 1_000, false);
        stream.write({ check: { context, explain: true } }, () => {
          clearTimeout(timer);
          resolve(true);
        });
      });
    // Why read one and pause: a client whose caller never read at all takes answers without bound.
    const { results, ended } = readAll(stream);
    await write();
    await waitFor("an answer", () => results.length === 1);
    stream.pause();
    let sent = 2; // The one that is held back counts: it is answered in the end.
    while (await write()) sent += 1;
    expect(sent).toBeLessThan(5_000);

    stream.resume();
    stream.end();
    await ended;
    expect(results.length).toBe(sent);
    ownClient.close();
    await own.stop();
  });

  it("ends UNAVAILABLE on drain, after answering what was read", async () => {
    const draining = await startTestEngine({ policies: SMALL_POLICY_SET });
    const own = createGrpcClient(draining.grpcPort);
    const stream = own.bidi(STREAM);
    const { results, ended } = readAll(stream);
    stream.write({ check: ALLOWED_CONNECTION });
    await waitFor("the first answer", () => results.length === 1);
    await draining.stop();
    expect(await ended).toMatchObject({
      code: status.UNAVAILABLE,
      message: "the engine is shutting down: ask again in a moment",
    });
    expect(results.length).toBe(1);
    own.close();
  });
});

describe("without a good policy set", () => {
  it("a check and a stream of checks are UNAVAILABLE, and the reason is told", async () => {
    const empty = await startTestEngine({ policies: "{" });
    const own = createGrpcClient(empty.grpcPort);
    const stream = own.bidi(STREAM);
    const { ended } = readAll(stream);
    stream.write({ check: ALLOWED_CONNECTION });
    expect(await ended).toMatchObject({
      code: status.UNAVAILABLE,
      details: { "google.rpc.ErrorInfo": { reason: "NO_ACTIVE_POLICY" } },
    });
    own.close();
    await empty.stop();
  });
});
