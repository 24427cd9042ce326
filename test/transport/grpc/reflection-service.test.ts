import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGrpcClient, type GrpcClient, type Message } from "../../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";

const SERVICE_FILE = "flopynet/policy/v1/decision_service.proto";
const EVENT_FILE = "flopynet/policy/v1/event_service.proto";

let engine: TestEngine;
let client: GrpcClient;

beforeAll(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET });
  client = createGrpcClient(engine.grpcPort);
});

afterAll(async () => {
  client.close();
  await engine.stop();
});

function ask(request: Message, version = "v1"): Promise<Message> {
  const stream = client.bidi(`grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
  const answer = new Promise<Message>((resolve, reject) => {
    stream.on("data", resolve);
    stream.on("error", reject);
  });
  stream.end(request);
  return answer;
}

async function filesOf(request: Message): Promise<FileDescriptorProto[]> {
  const { file_descriptor_response } = await ask(request);
  const { file_descriptor_proto } = file_descriptor_response as {
    file_descriptor_proto: Buffer[];
  };
  return file_descriptor_proto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

describe.each(["v1", "v1alpha"])("server reflection %s", (version) => {
  it("lists every service, itself and Health included", async () => {
    expect(await ask({ list_services: "" }, version)).toMatchObject({
      list_services_response: {
        service: [
          { name: "flopynet.policy.v1.PolicyDecisionService" },
          { name: "flopynet.policy.v1.EventService" },
          { name: "flopynet.policy.v1.PolicyAdminService" },
          { name: "flopynet.policy.v1.TrustService" },
          { name: "flopynet.policy.v1.MonitoringService" },
          { name: "grpc.health.v1.Health" },
          { name: "grpc.reflection.v1.ServerReflection" },
          { name: "grpc.reflection.v1alpha.ServerReflection" },
        ],
      },
    });
  });

  it("repeats the request in the answer", async () => {
    const request = { host: "h", file_containing_symbol: "nope" };
    expect(await ask(request, version)).toMatchObject({
      valid_host: "h",
      original_request: request,
      error_response: { error_code: 5, error_message: "symbol `nope` not found" },
    });
  });
});

describe("the file that contains", () => {
  // prettier-ignore
  it.each<[what: string, symbol: string, file: string]>([
    ["a service",              "flopynet.policy.v1.PolicyDecisionService",                 SERVICE_FILE],
    ["a method",               "flopynet.policy.v1.PolicyDecisionService.CheckConnection", SERVICE_FILE],
    ["a message",              "flopynet.policy.v1.CheckConnectionRequest",                SERVICE_FILE],
    ["a field",                "flopynet.policy.v1.CheckConnectionRequest.dst_port",       SERVICE_FILE],
    ["a oneof",                "grpc.reflection.v1.ServerReflectionRequest.message_request", "grpc/reflection/v1/reflection.proto"],
    ["an enum",                "flopynet.policy.v1.LossCause",                             EVENT_FILE],
    ["an enum value",          "flopynet.policy.v1.LOSS_CAUSE_RETENTION",                  EVENT_FILE],
    ["a nested message",       "google.protobuf.Struct.FieldsEntry",                       "google/protobuf/struct.proto"],
    ["a nested enum",          "google.protobuf.FieldDescriptorProto.Type",                "google/protobuf/descriptor.proto"],
    ["a value of a nested enum", "grpc.health.v1.HealthCheckResponse.SERVING",             "grpc/health/v1/health.proto"],
    ["an extension",           "google.api.http",                                          "google/api/annotations.proto"],
    ["Health",                 "grpc.health.v1.Health",                                    "grpc/health/v1/health.proto"],
    ["reflection itself",      "grpc.reflection.v1alpha.ServerReflection",                 "grpc/reflection/v1alpha/reflection.proto"],
    ["an error detail",        "google.rpc.ErrorInfo",                                     "google/rpc/error_details.proto"],
  ])("%s comes first in the answer", async (_what, symbol, file) => {
    const [first] = await filesOf({ file_containing_symbol: symbol });
    expect(first?.name).toBe(file);
  });
});

describe("an answer with files", () => {
  it.each([
    ["by name", { file_by_filename: SERVICE_FILE }],
    ["by symbol", { file_containing_symbol: "flopynet.policy.v1.EventService" }],
    ["by extension", { file_containing_extension: httpExtension() }],
  ])("%s has everything that it imports, and nothing twice", async (_how, request) => {
    const files = await filesOf(request);
    const names = files.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(files.flatMap(({ dependency }) => dependency)));
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files.reverse() }));
    expect([...registry.files].length).toBe(names.length);
  });
});

function httpExtension(): Message {
  return { containing_type: "google.protobuf.MethodOptions", extension_number: 72295728 };
}

describe("extensions", () => {
  it("of a message, by number", async () => {
    const request = { all_extension_numbers_of_type: "google.protobuf.MethodOptions" };
    expect(await ask(request)).toMatchObject({
      all_extension_numbers_response: {
        base_type_name: "google.protobuf.MethodOptions",
        extension_number: [72295728],
      },
    });
  });
});

describe("what is not there is NOT_FOUND, in the answer", () => {
  it.each<[request: Message, message: string]>([
    [{ file_by_filename: "nope.proto" }, "file `nope.proto` not found"],
    [{ file_containing_symbol: "constructor" }, "symbol `constructor` not found"],
    [
      { file_containing_extension: { containing_type: "a.B", extension_number: 7 } },
      "extension 7 of `a.B` not found",
    ],
    [{ all_extension_numbers_of_type: "a.B" }, "message `a.B` not found"],
  ])("%o", async (request, error_message) => {
    expect(await ask(request)).toMatchObject({ error_response: { error_code: 5, error_message } });
  });

  it("a request for nothing is INVALID_ARGUMENT, in the answer", async () => {
    expect(await ask({})).toMatchObject({ error_response: { error_code: 3 } });
  });
});
