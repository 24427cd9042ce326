import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How hard to push over gRPC: 4 connections with 16 requests in flight on each. */
const CONNECTIONS = 4;
const IN_FLIGHT = 16;
/** How hard to push over HTTP/1.1, with one request in flight on each. */
const HTTP1_CONNECTIONS = 64;

/** Requests per second that a gRPC method answered. */
export type Load = (target: {
  readonly port: number;
  readonly path: string;
  /** The messages of one request, encoded. */
  readonly messages: readonly Uint8Array[];
  /** Measured for so long, after as long a time unmeasured to warm up. */
  readonly durationMs: number;
}) => Promise<number>;

/**
 * Load from h2load (Debian: nghttp2-client), a process of its own that costs little.
 *
 * @throws {Error} Where it is not installed: a JavaScript client saturates before the server does, so
 *   its figures would say nothing about the server.
 */
export function h2load(): Load {
  const push = h2loadCommand();
  return ({ port, path, messages, durationMs }) =>
    push(Buffer.concat(messages.map(frame)), [
      ...["--clients", String(CONNECTIONS), "--max-concurrent-streams", String(IN_FLIGHT)],
      ...["--duration", `${durationMs}ms`, "--warm-up-time", `${durationMs}ms`],
      ...["--header", "content-type: application/grpc", "--header", "te: trailers"],
      `http://127.0.0.1:${port}${path}`,
    ]);
}

/** Has a gRPC method answer so many requests, on 4 connections with 16 in flight on each. */
export type CallLoad = (
  target: Omit<Parameters<Load>[0], "durationMs"> & { readonly requests: number },
) => Promise<void>;

/** @throws {Error} Where h2load is not installed. */
export function h2loadCalls(): CallLoad {
  const push = h2loadCommand();
  return async ({ port, path, messages, requests }) => {
    await push(Buffer.concat(messages.map(frame)), [
      ...["--clients", String(CONNECTIONS), "--max-concurrent-streams", String(IN_FLIGHT)],
      ...["--requests", String(requests)],
      ...["--header", "content-type: application/grpc", "--header", "te: trailers"],
      `http://127.0.0.1:${port}${path}`,
    ]);
  };
}

/** Has a route answer so many requests over HTTP/1.1, each a POST with the same JSON body. */
export type JsonLoad = (target: {
  readonly port: number;
  readonly path: string;
  readonly json: object;
  readonly requests: number;
}) => Promise<void>;

/** On 64 connections, one request in flight on each. @throws {Error} Where h2load is not installed. */
export function h2loadJson(): JsonLoad {
  const push = h2loadCommand();
  return async ({ port, path, json, requests }) => {
    await push(Buffer.from(JSON.stringify(json)), [
      ...["--h1", "--clients", String(HTTP1_CONNECTIONS), "--requests", String(requests)],
      ...["--header", "content-type: application/json", `http://127.0.0.1:${port}${path}`],
    ]);
  };
}

/** Runs h2load with a body, and gives the requests per second; every one must have succeeded. */
function h2loadCommand(): (body: Uint8Array, args: readonly string[]) => Promise<number> {
  if (spawnSync("h2load", ["--version"]).error) {
    throw new Error("h2load is not installed: install nghttp2-client (Debian) and run again");
  }
  const folder = mkdtempSync(join(tmpdir(), "flopynet-bench-"));
  return async (body, args) => {
    const file = join(folder, "request.bin");
    writeFileSync(file, body);
    const fixed = ["--threads", "1", "--data", file];
    const output = await run("h2load", [...fixed, ...args]);
    const rate = /finished in [\d.]+\w+, ([\d.]+) req\/s/.exec(output)?.[1];
    const failed = /(\d+) failed, (\d+) errored/.exec(output);
    const refused = /status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(output);
    const counts = [...(failed ?? []), ...(refused?.slice(1) ?? [])].slice(1);
    if (!rate || counts.length !== 5 || counts.some((count) => count !== "0")) {
      throw new Error(`h2load: ${output}`);
    }
    return Number(rate);
  };
}

/** A message as gRPC frames it: not compressed, length, bytes. */
function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(5 + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, 5);
  return framed;
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", () => {
      resolve(output);
    });
  });
}
