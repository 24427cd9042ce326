import type { IncomingMessage, ServerResponse } from "node:http";
import { Metadata } from "@grpc/grpc-js";
import { PdpError } from "../../application/errors.js";
import { isLoopbackAddress } from "../peer.js";
import type { CallContext } from "../rpc.js";

const METADATA_PREFIX = "grpc-metadata-";
const REASON = "x-change-reason";
const PLAIN_METADATA = new Set(["authorization", REASON, "x-confirm-impact"]);
const MS_PER_UNIT = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Why a call was given up: nobody waits for its answer any more. */
export class CallAborted extends Error {
  override readonly name = "CallAborted";

  constructor(readonly why: "deadline" | "gone") {
    super(why === "deadline" ? "the deadline passed before the answer" : "the caller has gone");
  }
}

/**
 * What a handler may know of an HTTP request. Its signal aborts, with a CallAborted, when the
 * connection closes or the time of the `Grpc-Timeout` header is over.
 *
 * @throws {PdpError} REQUEST_INVALID for a header that is no metadata or no timeout.
 */
export function openCall(request: IncomingMessage, response: ServerResponse): HttpCall {
  const call = new HttpCall(request, response);
  const timeoutMs = timeoutOf(request.headers["grpc-timeout"]);
  if (timeoutMs !== undefined) call.abortAfter(timeoutMs);
  return call;
}

/** A call, and what else its transport may ask of it. */
export class HttpCall implements CallContext {
  // Why a class: most calls are answered at once, and never look at what costs most.
  readonly peer: string;
  readonly metadata: Metadata;
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.peer = request.socket.remoteAddress ?? "";
    this.metadata = metadataOf(request);
    this.#response = response;
  }

  get peerIsLoopback(): boolean {
    return isLoopbackAddress(this.peer);
  }

  get signal(): AbortSignal {
    return this.#abortable().signal;
  }

  abortAfter(timeoutMs: number): void {
    const controller = this.#abortable();
    const timer = setTimeout(() => {
      controller.abort(new CallAborted("deadline"));
    }, timeoutMs);
    this.#response.once("close", () => {
      clearTimeout(timer);
    });
  }

  /** What `work` gives, unless the signal aborts before: then its reason is thrown. */
  unlessAborted<T>(work: Promise<T>): Promise<T> {
    const controller = this.#controller;
    const response = this.#response;
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => {
        reject((controller?.signal.reason as Error | undefined) ?? new CallAborted("gone"));
      };
      const settle = (): void => {
        controller?.signal.removeEventListener("abort", abort);
        response.off("close", abort);
      };
      if (controller?.signal.aborted === true || response.closed) abort();
      controller?.signal.addEventListener("abort", abort);
      response.once("close", abort); // At a tenth of what a signal costs.
      work.then(resolve, reject).finally(settle);
    });
  }

  #abortable(): AbortController {
    if (this.#controller) return this.#controller;
    const controller = new AbortController();
    const abort = (): void => {
      if (!this.#response.writableFinished) controller.abort(new CallAborted("gone"));
    };
    if (this.#response.closed) abort();
    else this.#response.once("close", abort);
    return (this.#controller = controller);
  }
}

function metadataOf({ rawHeaders }: IncomingMessage): Metadata {
  const metadata = new Metadata();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const header = (rawHeaders[index] ?? "").toLowerCase();
    const isPrefixed = header.startsWith(METADATA_PREFIX);
    if (!isPrefixed && !PLAIN_METADATA.has(header)) continue;
    const key = isPrefixed ? header.slice(METADATA_PREFIX.length) : header;
    const value = rawHeaders[index + 1] ?? "";
    // Metadata of text is ASCII. Node gives each byte of a header as a character.
    if (key === REASON && /[\x80-\xff]/.test(value)) {
      metadata.add(`${REASON}-bin`, Buffer.from(value, "latin1"));
    } else {
      addMetadata(metadata, key, value, header);
    }
  }
  return metadata;
}

function addMetadata(metadata: Metadata, key: string, value: string, header: string): void {
  try {
    metadata.add(key, key.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  } catch {
    throw invalidHeader(header, "must be printable ASCII under a name of letters, digits, - and _");
  }
}

function timeoutOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const parts = /^(\d{1,8})([HMSmun])$/.exec(String(header));
  if (!parts) throw invalidHeader("grpc-timeout", "must be up to 8 digits and one of H M S m u n");
  const unit = parts[2] as keyof typeof MS_PER_UNIT;
  return Math.min(Number(parts[1]) * MS_PER_UNIT[unit], MAX_TIMER_MS);
}

function invalidHeader(header: string, rule: string): PdpError {
  return new PdpError({ reason: "REQUEST_INVALID", violations: [{ field: header, rule }] });
}
