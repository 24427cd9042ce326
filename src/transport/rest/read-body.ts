import type { JsonValue } from "@bufbuild/protobuf";
import express, { type Request, type RequestHandler, type Response } from "express";
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
  return parseJsonBody(bytes);
}

function isJson(contentType: string): boolean {
  return /^\s*application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType);
}

async function bytesOf(request: Request, response: Response): Promise<Uint8Array> {
  await new Promise<void>((resolve, reject) => {
    readRaw(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(refusalOf(error));
    });
  });
  const body: unknown = request.body;
  return body instanceof Uint8Array ? body : new Uint8Array();
}

function refusalOf(error: unknown): Error {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (status === 413) {
    return new RequestRefused(httpProblem(413, `a body may have ${MAX_BODY_BYTES} bytes at most`));
  }
  if (status === 415) {
    return new RequestRefused(
      httpProblem(415, "the body has a Content-Encoding nobody knows here"),
    );
  }
  return new RequestRefused(httpProblem(400, "the body could not be read to its end"));
}
