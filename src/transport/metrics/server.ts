import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bindError } from "../bind-error.js";

export interface MetricsServer {
  /** The port it listens on; differs from the asked one when that was 0. */
  readonly port: number;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metricsText: () => Promise<string>;
  readonly contentType: string;
}

/**
 * Serves `GET /metrics` in the Prometheus text format, and nothing else.
 *
 * @throws {Error} One line that names the setting, when the port cannot be bound.
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url?.split("?", 1)[0];
    if (path !== "/metrics") {
      answerJson(response, 404, "not found: only GET /metrics is served here");
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      answerJson(response, 405, "method not allowed: use GET");
    } else {
      options.metricsText().then(
        (text) => response.writeHead(200, { "content-type": options.contentType }).end(text),
        () => {
          answerJson(response, 500, "metrics could not be collected");
        },
      );
    }
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(bindError({ setting: "METRICS_PORT", ...options }, cause));
    });
    server.listen(options.port, options.host, () => {
      resolve();
    });
  });
  return {
    // A server that listens on a host and port has an address of this kind.
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function answerJson(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify({ error }));
}
