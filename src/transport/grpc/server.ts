import { isIPv6 } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Log } from "../../application/ports/log.js";
import { bindError } from "../bind-error.js";
import { createDescriptorRegistry } from "../descriptors.js";
import type { HandlersByService } from "../handlers.js";
import { createAdapter } from "./adapt.js";
import { addHealthService } from "./health-service.js";
import { addReflectionService } from "./reflection-service.js";
import { addServices } from "./services.js";

const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const MAX_STREAMS_PER_CONNECTION = 4_096;
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

export interface GrpcServerDeps {
  readonly host: string;
  /** 0 to 65535; 0 means any free port. */
  readonly port: number;
  readonly handlers: HandlersByService;
  readonly log: Log;
}

export interface GrpcServer {
  /** The port that was bound. */
  readonly port: number;
  /** What the health service says; NOT_SERVING at first. */
  setServing(serving: boolean): void;
  /**
   * Says NOT_SERVING, stops accepting, answers what was read, ends bidirectional streams
   * UNAVAILABLE. Server streams are ended by their handlers. Cuts what is left after `graceS` seconds.
   */
  drain(graceS: number): Promise<void>;
}

/** @throws {Error} One line that names the setting, when the port cannot be bound. */
export async function startGrpcServer(deps: GrpcServerDeps): Promise<GrpcServer> {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
    "grpc.max_concurrent_streams": MAX_STREAMS_PER_CONNECTION,
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.enable_channelz": 0, // Nobody can read it here, and it counts every call and message.
  });
  const adapter = createAdapter(deps.log);
  const serviceNames = addServices(server, deps.handlers, adapter);
  const health = addHealthService(server, serviceNames, deps.log);
  addReflectionService(server, {
    registry: createDescriptorRegistry(),
    serviceNames: [...serviceNames, health.name],
    adapter,
  });
  const port = await bind(server, deps);

  return {
    port,
    setServing: (serving) => {
      health.setServing(serving);
    },
    drain: (graceS) => {
      health.setServing(false);
      health.drain();
      adapter.drain();
      return shutDown(server, graceS);
    },
  };
}

function bind(server: Server, { host, port }: GrpcServerDeps): Promise<number> {
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(bindError({ setting: "GRPC_PORT", host, port }, error));
      else resolve(bound);
    });
  });
}

function shutDown(server: Server, graceS: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceS * 1000);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
