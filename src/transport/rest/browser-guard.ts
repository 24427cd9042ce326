import type { Request, RequestHandler } from "express";
import { isLoopbackAddress } from "../peer.js";
import { httpProblem, RequestRefused } from "./problem.js";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export interface BrowserGuardOptions {
  /** What the server is bound to. */
  readonly host: string;
  /** Origins of web pages that may call, as browsers write them. */
  readonly corsOrigins: readonly string[];
  /** Whether every page may read: `Access-Control-Allow-Origin: *` on GET. */
  readonly anyOriginMayGet: boolean;
}

/**
 * Keeps web pages out: a page in the operator's browser reaches ports that nobody else does.
 *
 * On a loopback address the Host header must be loopback too (else a DNS name that was rebound to
 * 127.0.0.1 makes a foreign page "same origin"); a foreign page may change nothing; and it may read
 * only where CORS is configured.
 */
export function createBrowserGuard(options: BrowserGuardOptions): RequestHandler {
  const { corsOrigins, anyOriginMayGet } = options;
  const needsLoopbackHost = isLoopbackName(options.host);
  let goodHost: string | undefined; // The last one that was: nearly all requests name the same.
  const isGoodHost = (header: string | undefined): boolean => {
    if (header !== undefined && header === goodHost) return true;
    const isGood = isLoopbackName(hostName(header));
    if (isGood) goodHost = header;
    return isGood;
  };

  return (request, response, next) => {
    if (needsLoopbackHost && !isGoodHost(request.headers.host)) {
      throw refused("this engine answers to localhost only: see the setting HOST");
    }
    const { origin } = request.headers;
    const isListed = origin !== undefined && corsOrigins.includes(origin);
    if (corsOrigins.length > 0) response.vary("Origin");
    if (isListed) {
      response.set("Access-Control-Allow-Origin", origin);
    } else if (anyOriginMayGet && request.method === "GET") {
      response.set("Access-Control-Allow-Origin", "*");
    } else if (!SAFE_METHODS.has(request.method) && isForeign(request)) {
      throw refused("a web page of another origin may not do this: see the setting CORS_ORIGINS");
    }

    const isPreflight =
      request.method === "OPTIONS" && request.headers["access-control-request-method"];
    if (isListed && isPreflight) {
      response
        .set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
        .set("Access-Control-Allow-Headers", request.get("access-control-request-headers") ?? "")
        .set("Access-Control-Max-Age", "600")
        .status(204)
        .end();
      return;
    }
    next();
  };
}

function isForeign({ headers }: Request): boolean {
  if (headers.origin === undefined) return false; // No browser.
  return !URL.canParse(headers.origin) || new URL(headers.origin).host !== headers.host;
}

function hostName(header: string | undefined): string {
  return /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(header ?? "")?.[1] ?? "";
}

function isLoopbackName(name: string): boolean {
  const address = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  return name.toLowerCase() === "localhost" || isLoopbackAddress(address);
}

function refused(detail: string): RequestRefused {
  return new RequestRefused(httpProblem(403, detail));
}
