import { connect } from "node:net";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import {
  EventServiceService,
  type StreamEventsResponse,
} from "../../../src/gen/flopynet/policy/v1/event_service.js";
import { createDescriptorRegistry } from "../../../src/transport/descriptors.js";
import type { CallContext, StreamSink } from "../../../src/transport/rpc.js";
import { startRestServer } from "../../../src/transport/rest/server.js";
import { createTranscoder } from "../../../src/transport/rest/transcoder.js";
import { createKeptLog } from "../../support/kept-log.js";
import { waitFor } from "../../support/wait-for.js";

type Handle = (
  request: never,
  call: CallContext,
  sink: StreamSink<StreamEventsResponse>,
) => Promise<void>;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0)) await clean();
});

/** Serves StreamEvents with this handler. @returns Its port, and the log. */
async function served(handle: Handle): Promise<{ port: number; lines: readonly string[] }> {
  const log = createKeptLog();
  const app = express();
  app.use(
    createTranscoder({
      registry: createDescriptorRegistry(),
      services: [
        {
          definition: { streamEvents: EventServiceService.streamEvents },
          handlers: { streamEvents: { kind: "server-stream", handle } },
        },
      ],
      log,
    }),
  );
  const server = await startRestServer({ host: "127.0.0.1", ports: [0], app, log });
  cleanUp.push(() => server.drain(0));
  return { port: server.ports[0] ?? 0, lines: log.lines };
}

const message = (cursor: string): StreamEventsResponse => ({ events: [], cursor });
const url = (port: number): string => `http://127.0.0.1:${port}/v1/events:stream`;

describe("a server stream over HTTP", () => {
  it("tells the handler when the reader does not keep up, and when it does again", async () => {
    const total = 400;
    let written = 0;
    let isFull = false;
    const { port } = await served(
      (_request, _call, sink) =>
        new Promise((resolve) => {
          const writeOn = (): void => {
            isFull = false;
            while (written < total && !isFull) {
              written += 1;
              isFull = !sink.write(message(`${written}`.padEnd(64 * 1024, "x")));
            }
            if (written === total) resolve();
          };
          sink.onDrain(writeOn);
          writeOn();
        }),
    );
    const socket = connect(port, "127.0.0.1");
    socket.pause();
    socket.write("GET /v1/events:stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await waitFor("a full connection", () => isFull);
    expect(written).toBeLessThan(total);

    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.resume();
    await closed;
    expect(text.match(/^id: \d+x/gm)).toHaveLength(total);
  });

  it("aborts the handler's signal when the reader goes", async () => {
    let signal: AbortSignal | undefined;
    const { port } = await served((_request, call, sink) => {
      signal = call.signal;
      sink.write(message("1"));
      return new Promise(() => undefined);
    });
    const controller = new AbortController();
    await fetch(url(port), { signal: controller.signal });
    expect(signal?.aborted).toBe(false);
    controller.abort();
    await waitFor("the abort", () => signal?.aborted);
  });

  it("that ends without a message is an empty 200", async () => {
    const { port } = await served(() => Promise.resolve());
    const response = await fetch(url(port));
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("that fails for a reason nobody expected shows a request id and no more, and is logged", async () => {
    const { port, lines } = await served(() => Promise.reject(new Error("secret")));
    const response = await fetch(url(port));
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toEqual({
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      detail: "internal error",
      code: "INTERNAL",
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(lines).toEqual(["unexpected error while answering a call"]);
  });

  it("that fails after it began ends with a problem", async () => {
    const { port } = await served((_request, _call, sink) => {
      sink.write(message("1"));
      return Promise.reject(new Error("secret"));
    });
    const text = await (await fetch(url(port))).text();
    expect(text).toMatch(/^id: 1\n\nevent: problem\ndata: \{.*"internal error".*\}\n\n$/);
  });

  it("passes on the headers that are metadata", async () => {
    let seen: Record<string, unknown> = {};
    const { port } = await served((_request, call) => {
      seen = call.metadata.getMap();
      return Promise.resolve();
    });
    await fetch(url(port), {
      headers: {
        authorization: "Bearer x",
        "x-change-reason": "because",
        "grpc-metadata-Trace": "t",
        "grpc-metadata-raw-bin": "AQI=",
        "x-other": "not this",
      },
    });
    expect(seen).toEqual({
      authorization: "Bearer x",
      "x-change-reason": "because",
      trace: "t",
      "raw-bin": Buffer.from([1, 2]),
    });
  });
});
