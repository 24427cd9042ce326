import { Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nextTurn } from "../../../src/application/next-turn.js";
import {
  CheckConnectionResponse,
  PolicyDecisionServiceService,
} from "../../../src/gen/flopynet/policy/v1/decision_service.js";
import { EventServiceService } from "../../../src/gen/flopynet/policy/v1/event_service.js";
import { createAdapter } from "../../../src/transport/grpc/adapt.js";
import { addService } from "../../../src/transport/grpc/services.js";
import type { CallContext, ServiceHandlers, StreamSink } from "../../../src/transport/rpc.js";
import {
  callError,
  createGrpcClient,
  errorOf,
  type GrpcClient,
  type Message,
} from "../../support/grpc-client.js";
import { waitFor } from "../../support/wait-for.js";

const DECISION = "flopynet.policy.v1.PolicyDecisionService";
const EVENTS = "flopynet.policy.v1.EventService";
const BUG = new TypeError("cannot read `secret` of undefined");

const logged: object[] = [];
const aborted: string[] = [];
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (facts: object) => logged.push(facts),
};

interface Check {
  readonly check?: { readonly requestId: string };
}

/** Handlers with the faults that real ones must never have. */
const decisionHandlers: ServiceHandlers = {
  checkConnection: {
    kind: "unary",
    handle: () => {
      throw BUG;
    },
  },
  checkPolicy: { kind: "unary", handle: () => Promise.reject(BUG) },
  batchCheckConnections: { kind: "unary", handle: () => ({ results: 7 }) },
  batchCheckPolicies: {
    kind: "unary",
    handle: (_request: never, { signal }: CallContext) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          aborted.push("batchCheckPolicies");
          resolve({ results: [], policyVersion: "0" });
        });
      }),
  },
  streamCheckConnections: {
    kind: "bidi",
    // The later the request, the sooner its answer would be ready.
    handle: async ({ check }: Check) => {
      const index = Number(check?.requestId);
      for (let turn = index; turn < 20; turn += 1) await Promise.resolve();
      if (index === 10) throw BUG;
      return { result: CheckConnectionResponse.create({ reason: String(index) }) };
    },
  },
};

const eventHandlers: ServiceHandlers = {
  streamEvents: {
    kind: "server-stream",
    handle: (_request: never, _call: CallContext, sink: StreamSink<never>) => {
      sink.write({ events: [], cursor: "c" } as never);
      sink.write({ events: 7, cursor: "c" } as never);
      return new Promise<void>(() => undefined);
    },
  },
  listEvents: { kind: "unary", handle: () => ({ events: [], nextPageToken: "" }) },
  publishEvent: { kind: "unary", handle: () => ({}) },
};

let server: Server;
let client: GrpcClient;

beforeAll(async () => {
  server = new Server();
  const adapter = createAdapter(log);
  addService(server, PolicyDecisionServiceService, decisionHandlers, adapter);
  addService(server, EventServiceService, eventHandlers, adapter);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  client = createGrpcClient(port);
});

afterAll(() => {
  client.close();
  server.forceShutdown();
});

const INTERNAL = {
  code: status.INTERNAL,
  message: "internal error",
  details: {
    "google.rpc.RequestInfo": { request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown },
  },
};

describe("what nobody expected is INTERNAL with a request id, and in the log with its cause", () => {
  it.each([
    ["a handler that throws", `${DECISION}/CheckConnection`],
    ["a handler that rejects", `${DECISION}/CheckPolicy`],
    ["an answer that cannot be encoded", `${DECISION}/BatchCheckConnections`],
  ])("%s", async (_says, rpc) => {
    const error = await errorOf(client.unary(rpc, {}));
    expect(error).toEqual(INTERNAL);
    expect(JSON.stringify(error)).not.toContain("secret");
    const requestId = error.details["google.rpc.RequestInfo"]?.["request_id"];
    expect(logged).toContainEqual({ requestId, err: expect.any(TypeError) as unknown });
  });

  it("a message of a stream that cannot be encoded, after those before it", async () => {
    const stream = client.serverStream(`${EVENTS}/StreamEvents`, {});
    const messages: Message[] = [];
    stream.on("data", (message: Message) => messages.push(message));
    const error = await new Promise<ServiceError>((resolve) => stream.on("error", resolve));
    expect(callError(error)).toEqual(INTERNAL);
    expect(messages).toEqual([{ cursor: "c" }]);
  });
});

describe("a bidirectional stream", () => {
  const ask = (indexes: readonly number[]): Promise<{ reasons: unknown[]; code: number }> => {
    const stream = client.bidi(`${DECISION}/StreamCheckConnections`);
    const reasons: unknown[] = [];
    stream.on("data", ({ result }: Message) => reasons.push((result as Message)["reason"]));
    stream.on("error", () => undefined);
    for (const index of indexes) stream.write({ check: { request_id: String(index) } });
    stream.end();
    return new Promise((resolve) => {
      stream.on("status", ({ code }: { code: number }) => {
        resolve({ reasons, code });
      });
    });
  };

  it("keeps the order of the requests although later answers are ready sooner", async () => {
    expect(await ask([0, 5, 9, 12])).toEqual({ reasons: ["0", "5", "9", "12"], code: status.OK });
  });

  it("ends with the error of the first that fails, after the answers before it", async () => {
    expect(await ask([0, 10, 12])).toEqual({ reasons: ["0"], code: status.INTERNAL });
  });
});

describe("a call that nobody waits for any more aborts its signal", () => {
  it("at its deadline", async () => {
    const options = { deadline: Date.now() + 100 };
    const call = client.unary(`${DECISION}/BatchCheckPolicies`, {}, { options });
    expect(await errorOf(call)).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await waitFor("the signal", () => aborted.length > 0);
  });
});

it.each([
  ["is handled", false, ["it"]],
  ["is not handled where nobody waits for it any more", true, []],
])("a call whose turn has come %s", async (_says, cancelled, handled) => {
  const seen: string[] = [];
  const codec = { decode: () => "it", encode: () => Buffer.alloc(0) };
  const answer = createAdapter(log).unary((request: string) => seen.push(request), codec);
  answer({ cancelled, request: Buffer.alloc(0) } as never, () => undefined);
  expect(seen).toEqual([]);
  await nextTurn();
  expect(seen).toEqual(handled);
});

it("a service with a method that nobody handles cannot be added", () => {
  expect(() => {
    addService(new Server(), EventServiceService, {}, createAdapter(log));
  }).toThrow("no handler for /flopynet.policy.v1.EventService/StreamEvents");
});
