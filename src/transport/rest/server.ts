import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bindError } from "../bind-error.js";
import type { Log } from "../../application/ports/log.js";

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const IDLE_CHECK_MS = 20;

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
}

/**
 * Serves one app on all ports, or on none.
 *
 * @throws {Error} A port cannot be bound: names the setting, and says how to mend it.
 */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { host, ports, app, log } = options;
  const servers: Server[] = [];
  try {
    for (const [index, port] of ports.entries()) {
      const setting = index === 0 ? "POLICY_PORT" : "REST_EXTRA_PORTS";
      servers.push(await listen(app, { host, port, setting, log }));
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
  options: { host: string; port: number; setting: string; log: Log },
): Promise<Server> {
  const { host, port, setting, log } = options;
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, noDelay: true },
    app,
  );
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
