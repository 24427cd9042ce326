import {
  type DescMethod,
  type FileRegistry,
  fromBinary,
  type JsonObject,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { PdpError } from "../../application/errors.js";
import type { ServiceHandlers } from "../rpc.js";
import { quickReader } from "./quick-reader.js";
import { quickWriter } from "./quick-writer.js";
import { requestMessage, type RequestParts } from "./request-message.js";

/** A method of a generated service definition: what turns its messages into bytes and back. */
interface MethodDefinition {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (message: never) => Uint8Array;
}

export interface TranscodedService {
  readonly definition: Readonly<Record<string, MethodDefinition>>;
  readonly handlers: ServiceHandlers;
}

/** One method, ready to be called with JSON. */
export interface Rpc {
  readonly method: DescMethod;
  /** `package.Service.Method`. */
  readonly name: string;
  readonly handler: ServiceHandlers[string];
  /** @throws {PdpError} REQUEST_INVALID. */
  readRequest(bodyRule: string, parts: RequestParts): never;
  responseJson(message: never): JsonObject;
}

/**
 * Binds handlers to their descriptors. JSON and handlers meet in the wire format: the descriptors
 * know ProtoJSON, the generated code knows the handlers' messages.
 *
 * @throws {Error} When a definition has a method without handler or descriptor.
 */
export function bindRpcs(registry: FileRegistry, service: TranscodedService): Rpc[] {
  return Object.entries(service.definition).map(([key, definition]) => {
    const [, serviceName = "", methodName = ""] = definition.path.split("/");
    const method = registry.getService(serviceName)?.methods.find((m) => m.name === methodName);
    const handler = service.handlers[key];
    if (!method) throw new Error(`the descriptor set has no ${definition.path}`);
    if (!handler) throw new Error(`${definition.path} has no handler`);
    return {
      method,
      name: `${serviceName}.${methodName}`,
      handler,
      readRequest: requestReader(method, definition),
      responseJson: responseWriter(method, definition),
    };
  });
}

function requestReader(method: DescMethod, definition: MethodDefinition): Rpc["readRequest"] {
  const readQuickly = quickReader(method.input);
  return (bodyRule, parts) => {
    const { bindings, query, body } = parts;
    const isBodyAlone = bodyRule === "*" && bindings.length === 0 && query.size === 0;
    const read = isBodyAlone && body !== undefined ? readQuickly(body) : undefined;
    if (read) return read as never;
    const message = requestMessage(method.input, bodyRule, parts);
    return deserialize(definition, toBinary(method.input, message)) as never;
  };
}

function responseWriter(method: DescMethod, definition: MethodDefinition): Rpc["responseJson"] {
  const writeQuickly = quickWriter(method.output);
  return (message) => {
    const written = writeQuickly(message);
    if (written) return written;
    const bytes = definition.responseSerialize(message);
    // Why implicit fields too: `allowed: false` must be there to be read.
    return toJson(method.output, fromBinary(method.output, bytes), {
      alwaysEmitImplicit: true,
    }) as JsonObject;
  };
}

function deserialize(definition: MethodDefinition, bytes: Uint8Array): unknown {
  try {
    return definition.requestDeserialize(Buffer.from(bytes));
  } catch (cause) {
    const violations = [{ field: "body", rule: "cannot be decoded: it may nest too deep" }];
    throw new PdpError({ reason: "REQUEST_INVALID", violations }, { cause });
  }
}
