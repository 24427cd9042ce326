import type { sendUnaryData, Server, ServerWritableStream, ServiceDefinition } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { Log } from "../../application/ports/log.js";
import { HealthCheckRequest } from "../../gen/grpc/health/v1/health.js";
import { rpcStatusOf } from "../convert-error.js";
import { asBytes, decoding } from "./decode-request.js";
import { grpcError } from "./status-trailers.js";

/** `grpc.health.v1.Health`: Check, Watch and List. */
export interface HealthService {
  readonly name: string;
  /** Of the engine (""), and of every service alike. Watchers are told of a change only. */
  setServing(serving: boolean): void;
  /** Ends every Watch, so that a watcher does not hold up the shutdown. */
  drain(): void;
}

/** Starts as NOT_SERVING. @param serviceNames - The services that can be asked about, besides "". */
export function addHealthService(
  server: Server,
  serviceNames: readonly string[],
  log: Log,
): HealthService {
  const names = ["", ...serviceNames];
  const health = new HealthImplementation(
    Object.fromEntries(names.map((name) => [name, "NOT_SERVING" as const])),
  );
  const watchers = new Set<ServerWritableStream<unknown, unknown>>();
  let serving = false;

  health.addToServer({
    addService(definition, implementation) {
      const { check, watch, list } = implementation as unknown as Handlers;
      server.addService(withBytes(definition), {
        check: refusingBadBytes(check, log),
        list: refusingBadBytes(list, log),
        watch: refusingBadBytes((call) => {
          watchers.add(call);
          call.on("cancelled", () => watchers.delete(call));
          watch(call);
        }, log),
      });
    },
  });

  return {
    name: "grpc.health.v1.Health",
    setServing(next) {
      if (next === serving) return;
      serving = next;
      for (const name of names) health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
    },
    drain() {
      for (const call of watchers) call.end();
    },
  };
}

type Call = ServerWritableStream<unknown, unknown>;
type Handler = (call: Call, callback?: sendUnaryData<unknown>) => void;
type Handlers = Readonly<Record<"check" | "watch" | "list", Handler>>;

/** Why: the library's own decoder throws, and grpc-js answers INTERNAL then. */
function withBytes(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: asBytes },
    ]),
  );
}

const decode = decoding("HealthCheckRequest", (bytes) => HealthCheckRequest.decode(bytes));

function refusingBadBytes(handle: Handler, log: Log): Handler {
  return (call, callback) => {
    try {
      call.request = decode(call.request as Buffer);
    } catch (error) {
      const refusal = grpcError(rpcStatusOf(error, log));
      if (callback) callback(refusal);
      else call.emit("error", refusal);
      return;
    }
    handle(call, callback);
  };
}
