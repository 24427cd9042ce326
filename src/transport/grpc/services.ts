import type {
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PolicyDecisionServiceService } from "../../gen/flopynet/policy/v1/decision_service.js";
import { EventServiceService } from "../../gen/flopynet/policy/v1/event_service.js";
import type { HandlersByService, ServiceName } from "../handlers.js";
import type { ServiceHandlers } from "../rpc.js";
import { SERVICE_DEFINITIONS } from "../service-definitions.js";
import { type Adapter, decoding, type Serialize } from "./adapt.js";
import { answerBytes, batchAnswerBytes } from "./answer-bytes.js";
import { encodeOnce } from "./event-frames.js";

/** Binds the handlers to the generated definitions. @returns The names of the services. */
export function addServices(
  server: Server,
  handlers: HandlersByService,
  adapter: Adapter,
): readonly string[] {
  for (const [name, definition] of Object.entries(SERVICE_DEFINITIONS)) {
    addService(server, definition, handlers[name as ServiceName], adapter);
  }
  return Object.keys(SERVICE_DEFINITIONS);
}

/** Binds one service. @throws {Error} For a method without a handler. */
export function addService(
  server: Server,
  definition: ServiceDefinition,
  handlers: ServiceHandlers,
  adapter: Adapter,
): void {
  const implementation: UntypedServiceImplementation = {};
  const adapted: Record<string, MethodDefinition<unknown, Buffer>> = {};
  for (const [method, generated] of Object.entries(definition)) {
    const handler = handlers[method];
    if (!handler) throw new Error(`no handler for ${generated.path}`);
    adapted[method] = {
      ...generated,
      requestDeserialize: decoding(`request of ${generated.path}`, generated.requestDeserialize),
      // Why: the adapter encodes, where a failure is logged and told like any other.
      responseSerialize: (bytes: Buffer) => bytes,
    };
    implementation[method] = adapt(handler, serializerOf(generated), adapter);
  }
  server.addService(adapted, implementation);
}

/** How the answers of a method are encoded, where it is not as generated. */
const SERIALIZERS: Readonly<Record<string, (generated: Serialize<never>) => Serialize<never>>> = {
  [EventServiceService.streamEvents.path]: (generated) =>
    encodeOnce(generated as Serialize<object>),
  [PolicyDecisionServiceService.checkConnection.path]: () => answerBytes,
  [PolicyDecisionServiceService.checkPolicy.path]: () => answerBytes,
  [PolicyDecisionServiceService.batchCheckConnections.path]: () => batchAnswerBytes,
  [PolicyDecisionServiceService.batchCheckPolicies.path]: () => batchAnswerBytes,
};

function serializerOf(definition: MethodDefinition<unknown, unknown>): Serialize<unknown> {
  const generated = definition.responseSerialize as Serialize<never>;
  const serialize = SERIALIZERS[definition.path]?.(generated) ?? generated;
  return serialize as Serialize<unknown>;
}

function adapt(
  handler: ServiceHandlers[string],
  serialize: Serialize<unknown>,
  adapter: Adapter,
): UntypedServiceImplementation[string] {
  switch (handler.kind) {
    case "unary":
      return adapter.unary(handler.handle, serialize);
    case "server-stream":
      return adapter.serverStream(handler.handle, serialize);
    case "bidi":
      return adapter.bidi(handler.handle, serialize);
  }
}
