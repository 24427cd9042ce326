import type { Server, ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";

/** `grpc.health.v1.Health`: Check, Watch and List. */
export interface HealthService {
  readonly name: string;
  /** Of the engine (""), and of every service alike. Watchers are told of a change only. */
  setServing(serving: boolean): void;
  /** Ends every Watch, so that a watcher does not hold up the shutdown. */
  drain(): void;
}

/** Starts as NOT_SERVING. @param serviceNames - The services that can be asked about, besides "". */
export function addHealthService(server: Server, serviceNames: readonly string[]): HealthService {
  const names = ["", ...serviceNames];
  const health = new HealthImplementation(
    Object.fromEntries(names.map((name) => [name, "NOT_SERVING" as const])),
  );
  const watchers = new Set<ServerWritableStream<unknown, unknown>>();
  let serving = false;

  health.addToServer({
    addService(definition, implementation) {
      const { watch, ...others } = implementation as UntypedServiceImplementation;
      server.addService(definition, {
        ...others,
        watch(call: ServerWritableStream<unknown, unknown>) {
          watchers.add(call);
          call.on("cancelled", () => watchers.delete(call));
          (watch as (call: unknown) => void)(call);
        },
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
