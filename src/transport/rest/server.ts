import {
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { bindError } from "../bind-error.js";
import type { Log } from "../../application/ports/log.js";
import { sendJson } from "./send-json.js";

const DEFAULT_LIMITS: RestLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  stalledTimeoutMs: 120_000,
};
const MAX_HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 30_000;
const MAX_TIMEOUT_CHECK_MS = 1_000;
const IDLE_CHECK_MS = 20;

/** How long a connection may take, so that slow ones cannot hold the server. */
export interface RestLimits {
  /** For the headers of a request, from its first byte or from the opening of the connection. */
  readonly headersTimeoutMs: number;
  /** For a whole request, with its body. */
  readonly requestTimeoutMs: number;
  /** Without a byte in or out while a request is answered. Event streams may be silent longer. */
  readonly stalledTimeoutMs: number;
}

export interface RestServer {
  /** What it listens on, in the order asked for. */
  readonly ports: readonly number[];
  /**
   * Stops accepting, lets running requests finish, and closes connections as they become idle. Event
   * streams end when the event feed drains; what is still open after `graceS` seconds is cut.
   * Idempotent.
   */
  drain(graceS: number): Promise<void>;
}

export interface RestServerOptions {
  readonly host: string;
  /** POLICY_PORT, then REST_EXTRA_PORTS; 0 is any free port. */
  readonly ports: readonly number[];
  readonly app: RequestListener;
  readonly log: Log;
  /** 10 s, 60 s and 120 s when not given. */
  readonly limits?: RestLimits;
}

/**
 * Serves one app on all ports, or on none.
 *
 * @throws {Error} A port cannot be bound: names the setting, and says how to mend it.
 */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { host, ports, app, log, limits = DEFAULT_LIMITS } = options;
  const servers: Server[] = [];
  try {
    for (const [index, port] of ports.entries()) {
      const setting = index === 0 ? "POLICY_PORT" : "REST_EXTRA_PORTS";
      servers.push(await listen(app, { host, port, setting, log, limits }));
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }

  let drained: Promise<void> | undefined;
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    drain(graceS) {
      drained ??= Promise.all(servers.map((server) => drain(server, graceS, log))).then(
        () => undefined,
      );
      return drained;
    },
  };
}

async function listen(
  app: RequestListener,
  options: { host: string; port: number; setting: string; log: Log; limits: RestLimits },
): Promise<Server> {
  const { host, port, setting, log, limits } = options;
  const server = createServer(httpOptions(limits), app);
  server.setTimeout(limits.stalledTimeoutMs);
  answerWhatIsNoHttp(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(bindError({ setting, host, port }, cause));
    });
    server.listen(port, host, resolve);
  });
  server.removeAllListeners("error");
  server.on("error", (error) => {
    log.error({ err: error, setting }, "the REST server had an error");
  });
  return server;
}

function httpOptions({ headersTimeoutMs, requestTimeoutMs }: RestLimits): ServerOptions {
  return {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // Node looks every 30 s by default, and lets a slow connection live for that long.
    connectionsCheckingInterval: Math.min(headersTimeoutMs, MAX_TIMEOUT_CHECK_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  };
}

const NO_HTTP: Readonly<Record<string, { status: number; error: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    error: `the URL and the headers may have ${MAX_HEADER_BYTES} bytes at most`,
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, error: "the chunk extensions are too large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, error: "the request did not arrive in time" },
};
const MALFORMED = { status: 400, error: "this is no HTTP request" };

/** What never becomes a request is answered as JSON too, and its connection ends. */
function answerWhatIsNoHttp(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.on("request", (request, response) => answering.set(request.socket, response));
  server.on("checkExpectation", (_request, response: ServerResponse) => {
    response.statusCode = 417;
    sendJson(response, { error: "the only expectation that is met here is `100-continue`" });
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const response = answering.get(socket);
    const hasBegun = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || hasBegun || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const { status, error: text } = NO_HTTP[error.code ?? ""] ?? MALFORMED;
    const body = JSON.stringify({ error: text });
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\n` +
        "Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\n" +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}

function drain(server: Server, graceS: number, log: Log): Promise<void> {
  return new Promise((resolve) => {
    // Why again and again: a connection becomes idle when its running request is answered.
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, IDLE_CHECK_MS);
    const cut = setTimeout(() => {
      log.warn({ graceS }, "REST connections were still open after the grace period: cutting them");
      server.closeAllConnections();
    }, graceS * 1000);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(cut);
      resolve();
    });
  });
}
