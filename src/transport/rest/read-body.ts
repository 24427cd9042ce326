import type { JsonValue } from "@bufbuild/protobuf";
import express, { type Request, type RequestHandler, type Response } from "express";
import { nextTurn } from "../../application/next-turn.js";
import { parseJsonBody } from "./json-body.js";
import { httpProblem, RequestRefused } from "./problem.js";

/** A body of exactly this size is accepted. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const readRaw: RequestHandler = express.raw({ type: () => true, limit: MAX_BODY_BYTES });

/**
 * The JSON body of a request; undefined when it has none.
 *
 * @throws {RequestRefused} 413, 415, 400 for a body that ends early.
 * @throws {PdpError} REQUEST_INVALID for a body that is not JSON, or not safe to read.
 */
export async function readJsonBody(
  request: Request,
  response: Response,
): Promise<JsonValue | undefined> {
  const contentType = request.headers["content-type"];
  if (contentType !== undefined && !isJson(contentType)) {
    throw new RequestRefused(
      httpProblem(415, `the body must be application/json in UTF-8, got \`${contentType}\``),
    );
  }
  const bytes = await bytesOf(request, response);
  if (bytes.length === 0) return undefined;
  if (contentType === undefined) {
    throw new RequestRefused(httpProblem(415, "a body needs `Content-Type: application/json`"));
  }
  // Requests that arrive together are answered together (`grpc/turn-queue.ts` says why).
  await nextTurn();
  return parseJsonBody(bytes);
}

function isJson(contentType: string): boolean {
  return /^\s*application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType);
}

async function bytesOf(request: Request, response: Response): Promise<Uint8Array> {
  const { headers } = request;
  if (headers["content-encoding"] === undefined) return collect(request);
  await new Promise<void>((resolve, reject) => {
    readRaw(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(refusalOf(error));
    });
  });
  const body: unknown = request.body;
  return body instanceof Uint8Array ? body : new Uint8Array();
}

const NOTHING = new Uint8Array();

/** A body as it was sent. The general reader, which can decompress, costs as much as a decision. */
function collect(request: Request): Uint8Array | Promise<Uint8Array> {
  const length = Number(request.headers["content-length"] ?? 0);
  if (length === 0 && request.headers["transfer-encoding"] === undefined) return NOTHING;
  if (length > MAX_BODY_BYTES) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= MAX_BODY_BYTES) return;
      request.off("data", onData).resume(); // What else comes is not kept.
      reject(tooLarge());
    };
    request.on("data", onData);
    request.on("end", () => {
      resolve(chunks[0] && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    request.on("error", () => {
      reject(refusalOf(undefined));
    });
  });
}

function tooLarge(): RequestRefused {
  return new RequestRefused(httpProblem(413, `a body may have ${MAX_BODY_BYTES} bytes at most`));
}

function refusalOf(error: unknown): Error {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (status === 413) return tooLarge();
  if (status === 415) {
    return new RequestRefused(
      httpProblem(415, "the body has a Content-Encoding nobody knows here"),
    );
  }
  return new RequestRefused(httpProblem(400, "the body could not be read to its end"));
}
