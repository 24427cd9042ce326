import type { IncomingMessage, ServerResponse } from "node:http";
import compression from "compression";
import type { RequestHandler } from "express";
import helmet from "helmet";
import type { Log } from "../../application/ports/log.js";
import { createAccessLog } from "./access-log.js";
import { type BrowserGuardOptions, createBrowserGuard } from "./browser-guard.js";
import { inTurn } from "./in-turn.js";
import { httpProblem, RequestRefused } from "./problem.js";

/**
 * What every request meets before a route does: an id and a line in the log, security headers,
 * `Cache-Control: no-store`, the guard against web pages, and compression of what is read.
 */
export function createHttpManners(options: BrowserGuardOptions & { log: Log }): RequestHandler {
  return inTurn([
    createAccessLog(options.log),
    fixedHeaders(),
    createBrowserGuard(options),
    refuseMalformedUrl,
    compressReads(),
  ]);
}

/** Security headers and `no-store`. They are the same for every answer: helmet is asked once. */
function fixedHeaders(): RequestHandler {
  const headers: [name: string, value: string][] = [["Cache-Control", "no-store"]];
  const asked = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  const securityHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } },
    strictTransportSecurity: false, // Served without TLS, where it means nothing.
  });
  securityHeaders(
    {} as unknown as IncomingMessage,
    asked as unknown as ServerResponse,
    () => undefined,
  );
  return (_request, response, next) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}

const refuseMalformedUrl: RequestHandler = (request, _response, next) => {
  try {
    if (request.url.includes("%")) decodeURIComponent(request.url);
  } catch {
    throw new RequestRefused(httpProblem(400, "the URL has a malformed percent-encoding"));
  }
  next();
};

/**
 * Compresses what is read with GET, above 1 KiB, for callers that ask: lists. Not the answers of
 * checks, which are small; and never a stream, whose events would wait for each other (it says
 * `no-transform`, which proxies understand too).
 */
function compressReads(): RequestHandler {
  const compress = compression({
    filter: (request, response) =>
      !String(response.getHeader("Content-Type")).startsWith("text/event-stream") &&
      compression.filter(request, response),
  });
  return (request, response, next) => {
    if (request.method === "GET") compress(request, response, next);
    else next();
  };
}
