import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import type { Log } from "../../application/ports/log.js";

const REQUEST_ID = "X-Request-Id";
/** What may be repeated into a header and a log line as it came. */
const GOOD_REQUEST_ID = /^[\w.:@/+=-]{1,128}$/;

const decisions = new WeakSet<ServerResponse>();

/**
 * Gives every request an id, the caller's own `X-Request-Id` where it is fit for a log, and tells of it
 * in one line when its answer has ended. The line has the path without its query, which may hold what
 * a log must not.
 *
 * Answered decisions are told at `debug`: each is in the decision log, and a line for each would make
 * deciding wait for whoever reads the log.
 */
export function createAccessLog(log: Log): RequestHandler {
  return (request, response, next) => {
    const startMs = performance.now();
    const given = request.headers["x-request-id"];
    const requestId =
      typeof given === "string" && GOOD_REQUEST_ID.test(given) ? given : randomUUID();
    response.setHeader(REQUEST_ID, requestId);
    const { method, url } = request;
    const peer = request.socket.remoteAddress;
    response.once("close", () => {
      const { statusCode } = response;
      const isTold = statusCode >= 400 || !decisions.has(response);
      const durationMs = Math.round((performance.now() - startMs) * 1000) / 1000;
      const facts = { requestId, method, path: pathOf(url), statusCode, peer, durationMs };
      const line = response.writableFinished ? facts : { ...facts, cut: true };
      if (statusCode >= 500) log.warn(line, "request");
      else if (isTold) log.info(line, "request");
      else log.debug(line, "request");
    });
    next();
  };
}

/** Says that this answers checks: the decision log tells of it. */
export function markDecision(response: ServerResponse): void {
  decisions.add(response);
}

/** The id of the request that is answered; undefined where nothing gave it one. */
export function requestIdOf(response: ServerResponse): string | undefined {
  const id = response.getHeader(REQUEST_ID);
  return typeof id === "string" ? id : undefined;
}

function pathOf(url: string): string {
  const start = url.indexOf("?");
  return start === -1 ? url : url.slice(0, start);
}
