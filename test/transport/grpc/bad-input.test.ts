import { status } from "@grpc/grpc-js";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createGrpcClient,
  errorOf,
  type GrpcClient,
  type Message,
  struct,
} from "../../support/grpc-client.js";
import { ALLOWED_CONNECTION, SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

const CHECK = "flopynet.policy.v1.PolicyDecisionService/CheckConnection";
const BATCH = "flopynet.policy.v1.PolicyDecisionService/BatchCheckConnections";
const LIST_EVENTS = "flopynet.policy.v1.EventService/ListEvents";
const STREAM_EVENTS = "flopynet.policy.v1.EventService/StreamEvents";
const MIB = 1024 * 1024;

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

async function stillAnswers(): Promise<void> {
  expect(await client.unary(CHECK, ALLOWED_CONNECTION)).toMatchObject({ allowed: true });
}

describe("bytes that are no request are INVALID_ARGUMENT", () => {
  const nested = (levels: number): Uint8Array => {
    let bytes = new Uint8Array();
    for (let level = 0; level < levels; level += 1) {
      const value = new BinaryWriter().uint32(42).bytes(bytes).finish();
      const entry = new BinaryWriter().uint32(10).string("a").uint32(18).bytes(value).finish();
      bytes = new Uint8Array(new BinaryWriter().uint32(10).bytes(entry).finish());
    }
    return new BinaryWriter().uint32(82).bytes(bytes).finish();
  };

  it.each<[says: string, bytes: Uint8Array]>([
    ["a varint that never ends", Uint8Array.from(Array<number>(12).fill(0xff))],
    ["a text longer than the message", Uint8Array.from([0x0a, 0x7f, 0x41])],
    ["a tag that no message has", Uint8Array.from([0x00, 0x01, 0x02])],
    ["an end of a group that never began", Uint8Array.from([0x0c, 0x01])],
    ["a tag of zero at the end", Uint8Array.from([0x00])],
    ["an end of a group at the end", Uint8Array.from([0x7c])],
    ["a group", Uint8Array.from([0x7b, 0x7c])],
    [
      "a tag of zero that lets what is nested out",
      Buffer.from("520b000a08534d5547474c4544", "hex"),
    ],
    ["a nested text that goes past its message", Buffer.from("52030a0a1441414141", "hex")],
    ["a text that is not UTF-8", Uint8Array.from([0x0a, 0x02, 0xc3, 0x28])],
    ["half of a surrogate pair in UTF-8", Uint8Array.from([0x0a, 0x03, 0xed, 0xa0, 0x80])],
    ["a Struct nested 200 levels deep", nested(200)],
    ["a Struct nested 3,000 levels deep", nested(3_000)],
  ])("%s", async (_says, bytes) => {
    const error = await errorOf(client.unaryBytes(CHECK, bytes));
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: { "google.rpc.ErrorInfo": { reason: "REQUEST_INVALID" } },
    });
    await stillAnswers();
  });

  it.each(["Check", "List"])("also to grpc.health.v1.Health/%s", async (rpc) => {
    const bytes = Uint8Array.from([0x0a, 0x7f]);
    const error = await errorOf(client.unaryBytes(`grpc.health.v1.Health/${rpc}`, bytes));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    await stillAnswers();
  });

  it("also where the answer would be a stream", async () => {
    const stream = client.bidiBytes(
      "flopynet.policy.v1.PolicyDecisionService/StreamCheckConnections",
    );
    stream.write(Buffer.from([0x0a, 0x7f]));
    stream.resume();
    const code = await new Promise((resolve) => {
      stream.on("error", (error: Error & { code?: number }) => {
        resolve(error.code);
      });
    });
    expect(code).toBe(status.INVALID_ARGUMENT);
  });
});

describe("a message of", () => {
  // Unknown field 1000: skipped by the decoder, so that only the size matters.
  const ofSize = (bytes: number): Uint8Array => {
    const head = new BinaryWriter()
      .uint32((1000 << 3) | 2)
      .uint32(bytes - 6)
      .finish();
    expect(head.length).toBe(6);
    return Buffer.concat([head, Buffer.alloc(bytes - 6)]);
  };

  it("exactly 4 MiB is read", async () => {
    expect(await client.unaryBytes(CHECK, ofSize(4 * MIB))).toMatchObject({
      deny_kind: "DENY_KIND_DEFAULT",
    });
  });

  it.each([
    ["one byte more", 4 * MIB + 1],
    ["5 MiB", 5 * MIB],
  ])("%s is RESOURCE_EXHAUSTED", async (_says, bytes) => {
    const { code } = await errorOf(client.unaryBytes(CHECK, ofSize(bytes)));
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    await stillAnswers();
  });
});

describe("a field that breaks its rule is INVALID_ARGUMENT, and named", () => {
  const deep = (levels: number): Message => (levels === 0 ? {} : { a: deep(levels - 1) });

  it.each<[rpc: string, request: Message, field: string]>([
    [CHECK, { dst_port: 0 }, "dst_port"],
    [CHECK, { src_ip: "010.0.0.1" }, "src_ip"],
    [CHECK, { context: struct({ x: NaN }) }, "context.x"],
    [CHECK, { context: struct({ x: [1, -Infinity] }) }, "context.x[1]"],
    [CHECK, { context: struct({ dst_port: 1 }) }, "context.dst_port"],
    [CHECK, { context: struct(JSON.parse('{"__proto__": 1}') as Message) }, "context.__proto__"],
    [CHECK, { context: struct({ a: JSON.parse('{"__proto__": 1}') }) }, "context.a.__proto__"],
    [CHECK, { context: struct(deep(12)) }, "context.a.a.a.a.a.a.a"],
    [BATCH, {}, "items"],
    [BATCH, { items: Array.from({ length: 1001 }, () => ({})) }, "items"],
    [LIST_EVENTS, { page_size: -1 }, "page_size"],
    [LIST_EVENTS, { page_token: "?" }, "page_token"],
    [LIST_EVENTS, { filter: { severities: [9] } }, "filter.severities[0]"],
    [LIST_EVENTS, { start_time: { seconds: "9223372036854775807" } }, "start_time"],
  ])("%s %o", async (rpc, request, field) => {
    const error = await errorOf(client.unary(rpc, request));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.message).toContain(field);
    expect(error.details["google.rpc.BadRequest"]).toMatchObject({
      field_violations: [{ field: expect.stringContaining(field) as unknown }],
    });
  });

  it("a cursor that is none, at the start of a stream", async () => {
    const stream = client.serverStream(STREAM_EVENTS, { after_cursor: "?" });
    const code = await new Promise((resolve) => {
      stream.on("error", (error: Error & { code?: number }) => {
        resolve(error.code);
      });
      stream.resume();
    });
    expect(code).toBe(status.INVALID_ARGUMENT);
  });
});

describe("odd input that is harmless", () => {
  it.each<[says: string, request: Message]>([
    [
      "a component type that is a name of Object",
      { ...ALLOWED_CONNECTION, src_type: "constructor" },
    ],
    ["a context key that is a name of Object", { context: struct({ constructor: "x" }) }],
    ["negative zero", { context: struct({ x: -0 }) }],
  ])("%s is decided, by default denied", async (_says, request) => {
    expect(await client.unary(CHECK, request)).toMatchObject({ deny_kind: "DENY_KIND_DEFAULT" });
  });
});

describe("a deadline", () => {
  it("that has passed is DEADLINE_EXCEEDED, and ends a stream", async () => {
    const stream = client.serverStream(
      STREAM_EVENTS,
      {},
      { options: { deadline: Date.now() + 200 } },
    );
    stream.resume();
    const code = await new Promise((resolve) => {
      stream.on("error", (error: Error & { code?: number }) => {
        resolve(error.code);
      });
    });
    expect(code).toBe(status.DEADLINE_EXCEEDED);
    await stillAnswers();
  });
});
