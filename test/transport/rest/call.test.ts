import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { EventServiceService } from "../../../src/gen/flopynet/policy/v1/event_service.js";
import { createDescriptorRegistry } from "../../../src/transport/descriptors.js";
import type { CallContext } from "../../../src/transport/rpc.js";
import { startRestServer } from "../../../src/transport/rest/server.js";
import { createTranscoder } from "../../../src/transport/rest/transcoder.js";
import { createKeptLog } from "../../support/kept-log.js";
import { waitFor } from "../../support/wait-for.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0)) await clean();
});

/** Serves ListEvents with this handler. @returns Its address. */
async function served(handle: (request: never, call: CallContext) => unknown): Promise<string> {
  const log = createKeptLog();
  const app = express();
  app.use(
    createTranscoder({
      registry: createDescriptorRegistry(),
      services: [
        {
          definition: { listEvents: EventServiceService.listEvents },
          handlers: { listEvents: { kind: "unary", handle } },
        },
      ],
      log,
    }),
  );
  const server = await startRestServer({ host: "127.0.0.1", ports: [0], app, log });
  cleanUp.push(() => server.drain(0));
  return `http://127.0.0.1:${server.ports[0] ?? 0}/v1/events`;
}

describe("a call over HTTP", () => {
  // prettier-ignore
  it.each(["50m", "50000u", "50000000n", "0S"])("that takes longer than Grpc-Timeout: %s is 504, and the handler is told", async (timeout) => {
    let signal: AbortSignal | undefined;
    const url = await served((_request, call) => {
      signal = call.signal;
      return new Promise(() => undefined);
    });
    const response = await fetch(url, { headers: { "grpc-timeout": timeout } });
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: "Gateway Timeout",
      status: 504,
      detail: "the deadline passed before the answer",
      code: "DEADLINE_EXCEEDED",
    });
    expect(response.status).toBe(504);
    expect(signal?.aborted).toBe(true);
  });

  // prettier-ignore
  it.each(["99999999H", "1M", "10S"])("in time for Grpc-Timeout: %s is answered", async (timeout) => {
    const url = await served(() => ({ events: [], nextPageToken: "t" }));
    const response = await fetch(url, { headers: { "grpc-timeout": timeout } });
    expect(await response.json()).toEqual({ events: [], nextPageToken: "t" });
  });

  it("whose caller goes away tells the handler", async () => {
    let signal: AbortSignal | undefined;
    const url = await served((_request, call) => {
      signal = call.signal;
      return new Promise(() => undefined);
    });
    const controller = new AbortController();
    const asked = fetch(url, { signal: controller.signal }).catch(() => "gone");
    await waitFor("the call", () => signal !== undefined);
    controller.abort();
    expect(await asked).toBe("gone");
    await waitFor("the abort", () => signal?.aborted);
  });

  it("knows that its caller is on this machine", async () => {
    let isLocal: boolean | undefined;
    const url = await served((_request, call) => {
      isLocal = call.peerIsLoopback;
      return { events: [], nextPageToken: "" };
    });
    await fetch(url);
    expect(isLocal).toBe(true);
  });
});
