import type {
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PolicyDecisionServiceService } from "../../gen/flopynet/policy/v1/decision_service.js";
import { EventServiceService } from "../../gen/flopynet/policy/v1/event_service.js";
import type { HandlersByService, ServiceName } from "../handlers.js";
import { madeOnce } from "../made-once.js";
import type { ServiceHandlers } from "../rpc.js";
import { SERVICE_DEFINITIONS } from "../service-definitions.js";
import type { Adapter, Codec } from "./adapt.js";
import { answerBytes, batchAnswerBytes } from "./answer-bytes.js";
import { asBytes, decoding } from "./decode-request.js";
import { eventBatchBytes } from "./event-bytes.js";

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
  const adapted: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  for (const [method, generated] of Object.entries(definition)) {
    const handler = handlers[method];
    if (!handler) throw new Error(`no handler for ${generated.path}`);
    adapted[method] = {
      ...generated,
      // Why: the adapter decodes and encodes, where a failure is told, or logged, like any other.
      requestSerialize: asBytes,
      requestDeserialize: asBytes,
      responseSerialize: asBytes,
      responseDeserialize: asBytes,
    };
    implementation[method] = adapt(handler, codecOf(generated), adapter);
  }
  server.addService(adapted, implementation);
}

type Encode<Response> = Codec<unknown, Response>["encode"];

/** How the answers of a method are encoded, where it is not as generated. */
const ENCODERS: Readonly<Record<string, Encode<never>>> = {
  // However many subscribers get it: otherwise a thousand cost a thousand encodings of every event.
  [EventServiceService.streamEvents.path]: madeOnce(eventBatchBytes),
  [PolicyDecisionServiceService.checkConnection.path]: answerBytes,
  [PolicyDecisionServiceService.checkPolicy.path]: answerBytes,
  [PolicyDecisionServiceService.batchCheckConnections.path]: batchAnswerBytes,
  [PolicyDecisionServiceService.batchCheckPolicies.path]: batchAnswerBytes,
};

function codecOf(definition: MethodDefinition<unknown, unknown>): Codec<never, unknown> {
  const { path, requestDeserialize } = definition;
  const encode = ENCODERS[path] ?? definition.responseSerialize;
  return {
    decode: decoding(`request of ${path}`, requestDeserialize as (bytes: Buffer) => never),
    encode: encode as Encode<unknown>,
  };
}

function adapt(
  handler: ServiceHandlers[string],
  codec: Codec<never, unknown>,
  adapter: Adapter,
): UntypedServiceImplementation[string] {
  switch (handler.kind) {
    case "unary":
      return adapter.unary(handler.handle, codec);
    case "server-stream":
      return adapter.serverStream(handler.handle, codec);
    case "bidi":
      return adapter.bidi(handler.handle, codec);
  }
}
