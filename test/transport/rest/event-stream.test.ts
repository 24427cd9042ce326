import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

const POLICIES = {
  version: 1,
  policies: {
    net: {
      name: "net",
      type: "network_security",
      rules: [{ action: "allow", match: { dst_port: 8080 } }],
    },
  },
};

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({
    policies: POLICIES,
    settings: { STREAM_BOOKMARK_S: "1", MAX_SUBSCRIBERS: "20" },
  });
});
afterAll(() => engine.stop());

interface Stream {
  readonly response: Response;
  /** What came so far. */
  text(): string;
  /** Waits for text that matches. */
  until(pattern: RegExp): Promise<string>;
  readonly ended: Promise<void>;
  close(): void;
}

async function open(
  path: string,
  headers: Record<string, string> = { accept: "text/event-stream" },
  on = engine,
): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(`http://127.0.0.1:${on.restPort}${path}`, {
    headers,
    signal: controller.signal,
  });
  let text = "";
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
    }
  };
  const ended = read().catch(() => undefined);
  return {
    response,
    text: () => text,
    until: (pattern) => waitFor(String(pattern), () => pattern.test(text) && text),
    ended,
    close: () => {
      controller.abort();
    },
  };
}

async function check(port: number): Promise<void> {
  await fetch(`http://127.0.0.1:${engine.restPort}/v1/connections:check`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dst_port: port }),
  });
}

/** The cursor of the last frame. */
function cursorOf(text: string): string {
  return [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
}

describe("GET /v1/events:stream as Server-Sent Events", () => {
  it("begins with a bookmark at once: an id without data", async () => {
    const stream = await open("/v1/events:stream");
    expect(await stream.until(/\n\n/)).toMatch(/^id: [^\n]+\n\n/);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    stream.close();
  });

  it("gives the newest events on request, one message per frame, the id being its cursor", async () => {
    const stream = await open("/v1/events:stream?last=1000&filter.event_types=ENGINE_START");
    const text = await stream.until(/data: .*\n\n/);
    const [, id, data = ""] = /^id: ([^\n]*)\ndata: ([^\n]*)\n\n/m.exec(text) ?? [];
    expect(JSON.parse(data)).toMatchObject({
      events: [{ eventType: "ENGINE_START", sequence: "1" }],
      cursor: id,
    });
    stream.close();
  });

  it("gives what happens from now on, and bookmarks while nothing does", async () => {
    const stream = await open("/v1/events:stream?filter.event_types=POLICY_APPLIED");
    await stream.until(/\n\n/);
    await check(8080);
    expect(await stream.until(/data: /)).toContain('"eventType":"POLICY_APPLIED"');
    await stream.until(/data: [^\n]*\n\nid: [^\n]*\n\n/);
    stream.close();
  });

  it("goes on after Last-Event-ID, which beats after_cursor", async () => {
    const first = await open("/v1/events:stream?last=1");
    const early = cursorOf(await first.until(/data: [^\n]*\n\n/));
    first.close();
    await check(22);
    const second = await open(`/v1/events:stream?after_cursor=nonsense`, {
      accept: "text/event-stream",
      "last-event-id": early,
    });
    expect(second.response.status).toBe(200);
    expect(await second.until(/data: /)).toContain('"eventType":"POLICY_VIOLATION"');
    second.close();
  });

  // prettier-ignore
  it.each<[says: string, path: string, headers: Record<string, string>, status: number, problem: object]>([
    ["a cursor that is none",              "/v1/events:stream?after_cursor=x",          {}, 400, { reason: "CURSOR_INVALID" }],
    ["a Last-Event-ID that is none",       "/v1/events:stream", { "last-event-id": "x" }, 400, { reason: "CURSOR_INVALID" }],
    ["a severity nobody knows",            "/v1/events:stream?filter.severities=LOUD",  {}, 400, { fieldViolations: [{ field: "filter.severities[0]" }] }],
    ["a parameter nobody knows",           "/v1/events:stream?since=x",                 {}, 400, { fieldViolations: [{ field: "since" }] }],
    ["an answer in a type nobody has",     "/v1/events:stream", { accept: "text/html" },    406, { code: "INVALID_ARGUMENT" }],
  ])("%s is refused before the stream begins", async (_says, path, headers, status, problem) => {
    const response = await fetch(`http://127.0.0.1:${engine.restPort}${path}`, { headers });
    expect(await response.json()).toMatchObject(problem);
    expect(response.status).toBe(status);
  });

  it("a cursor of another log is HTTP 400, so that EventSource stops", async () => {
    const other = await startTestEngine({ policies: POLICIES });
    const stream = await open("/v1/events:stream", undefined, other);
    const foreign = cursorOf(await stream.until(/\n\n/));
    stream.close();
    await other.stop();
    const response = await fetch(`http://127.0.0.1:${engine.restPort}/v1/events:stream`, {
      headers: { "last-event-id": foreign },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: "CURSOR_OF_ANOTHER_LOG" });
  });

  it("frees its place when the reader goes", async () => {
    for (let turn = 0; turn < 3; turn++) {
      const streams = await Promise.all(
        Array.from({ length: 10 }, () => open("/v1/events:stream")),
      );
      expect(streams.map(({ response }) => response.status)).toEqual(Array(10).fill(200));
      for (const stream of streams) stream.close();
      await Promise.all(streams.map(({ ended }) => ended));
    }
  });

  it("ends at the deadline of Grpc-Timeout with a problem", async () => {
    const stream = await open("/v1/events:stream", { "grpc-timeout": "200m" });
    await stream.ended;
    expect(stream.text()).toMatch(/event: problem\ndata: \{.*"code":"DEADLINE_EXCEEDED".*\}\n\n$/);
  });

  it("answers HEAD and ends", async () => {
    const url = `http://127.0.0.1:${engine.restPort}/v1/events:stream`;
    const response = await fetch(url, { method: "HEAD" });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
  });
});

describe("GET /v1/events:stream as lines of JSON", () => {
  // prettier-ignore
  it.each(["application/x-ndjson", "application/json"])("%s", async (accept) => {
    const stream = await open("/v1/events:stream?last=1", { accept });
    const text = await stream.until(/eventId.*\n/);
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line) as object);
    expect(lines.at(-1)).toHaveProperty("cursor");
    expect(stream.response.headers.get("content-type")).toBe(accept);
    stream.close();
  });
});

describe("when the engine drains", () => {
  it("a stream ends with ENGINE_STOP, and a problem that carries the cursor", async () => {
    const draining = await startTestEngine({ policies: POLICIES });
    const stream = await open("/v1/events:stream", undefined, draining);
    await stream.until(/\n\n/);
    await draining.stop();
    await stream.ended;
    expect(stream.text()).toContain('"eventType":"ENGINE_STOP"');
    const problem = /event: problem\ndata: (.*)\n\n$/.exec(stream.text())?.[1] ?? "{}";
    expect(JSON.parse(problem)).toMatchObject({
      code: "UNAVAILABLE",
      reason: "SHUTTING_DOWN",
      metadata: { cursor: cursorOf(stream.text()) },
    });
  });
});
