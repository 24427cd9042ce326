import type { FileRegistry } from "@bufbuild/protobuf";
import { type Server, status } from "@grpc/grpc-js";
import {
  ServerReflectionService,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection.js";
import { ServerReflectionService as AlphaReflectionService } from "../../gen/grpc/reflection/v1alpha/reflection.js";
import type { BidiHandler, ServiceHandlers } from "../rpc.js";
import type { Adapter } from "./adapt.js";
import { createDescriptorIndex, type DescriptorIndex } from "./descriptor-index.js";
import { addService } from "./services.js";

const NAMES = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

type Answer = NonNullable<ServerReflectionResponse["messageResponse"]>;

/**
 * Server reflection, v1 and the v1alpha that older tools ask for: the messages of both are the
 * same. Answers a file together with all that it imports.
 *
 * @param serviceNames - The other services of this server.
 */
export function addReflectionService(
  server: Server,
  deps: { registry: FileRegistry; serviceNames: readonly string[]; adapter: Adapter },
): void {
  const index = createDescriptorIndex(deps.registry);
  const services = [...deps.serviceNames, ...NAMES].map((name) => ({ name }));
  const handle: BidiHandler<ServerReflectionRequest, ServerReflectionResponse> = (request) => ({
    validHost: request.host,
    originalRequest: request,
    messageResponse: answerTo(request.messageRequest, index, services),
  });
  const handlers: ServiceHandlers = { serverReflectionInfo: { kind: "bidi", handle } };
  addService(server, ServerReflectionService, handlers, deps.adapter);
  addService(server, AlphaReflectionService, handlers, deps.adapter);
}

function answerTo(
  request: ServerReflectionRequest["messageRequest"],
  index: DescriptorIndex,
  services: { name: string }[],
): Answer {
  switch (request?.$case) {
    case "listServices":
      return { $case: "listServicesResponse", value: { service: services } };
    case "fileByFilename":
      return fileAnswer(index.fileByName(request.value), `file \`${request.value}\``);
    case "fileContainingSymbol":
      return fileAnswer(index.fileContainingSymbol(request.value), `symbol \`${request.value}\``);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = request.value;
      const found = index.fileContainingExtension(containingType, extensionNumber);
      return fileAnswer(found, `extension ${extensionNumber} of \`${containingType}\``);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = index.extensionNumbersOf(request.value);
      if (!extensionNumber) return notFound(`message \`${request.value}\``);
      const value = { baseTypeName: request.value, extensionNumber };
      return { $case: "allExtensionNumbersResponse", value };
    }
    case undefined:
      return error(status.INVALID_ARGUMENT, "message_request must be given");
  }
}

function fileAnswer(fileDescriptorProto: Buffer[] | undefined, what: string): Answer {
  if (!fileDescriptorProto) return notFound(what);
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function notFound(what: string): Answer {
  return error(status.NOT_FOUND, `${what} not found`);
}

function error(errorCode: status, errorMessage: string): Answer {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}
