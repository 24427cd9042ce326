import { fileURLToPath } from "node:url";
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import {
  type AnyDefinition,
  loadSync,
  type MethodDefinition,
  type PackageDefinition,
  type ServiceDefinition,
} from "@grpc/proto-loader";

const PROTO = fileURLToPath(new URL("../../proto", import.meta.url));

/** Built from `proto/` at run time: what a client in another language sees, none of our code. */
const DEFINITIONS: PackageDefinition = loadSync(
  [
    "flopynet/policy/v1/decision_service.proto",
    "flopynet/policy/v1/event_service.proto",
    "flopynet/policy/v1/policy_admin_service.proto",
    "flopynet/policy/v1/monitoring_service.proto",
    "flopynet/policy/v1/trust_service.proto",
    "google/rpc/status.proto",
    "google/rpc/error_details.proto",
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
  ],
  { includeDirs: [PROTO], keepCase: true, longs: String, enums: String },
);

/** A message as proto-loader decodes it, or as it takes one. */
export type Message = Record<string, unknown>;
type Call = Readonly<{ metadata?: Metadata; options?: CallOptions }>;

export interface GrpcClient {
  /** @param rpc - `flopynet.policy.v1.EventService/ListEvents`. */
  unary(rpc: string, request: Message, call?: Call): Promise<Message>;
  /** The same, with bytes that nobody has encoded. */
  unaryBytes(rpc: string, bytes: Uint8Array): Promise<Message>;
  serverStream(rpc: string, request: Message, call?: Call): ClientReadableStream<Message>;
  bidi(rpc: string, call?: Call): ClientDuplexStream<Message, Message>;
  bidiBytes(rpc: string): ClientDuplexStream<Buffer, Message>;
  close(): void;
}

export function createGrpcClient(port: number): GrpcClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const unaryWith = <Request>(
    method: MethodDefinition<object, object>,
    serialize: (request: Request) => Buffer,
    request: Request,
    { metadata = new Metadata(), options = {} }: Call = {},
  ): Promise<Message> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        serialize,
        decode(method),
        request,
        metadata,
        options,
        (error, response) => {
          if (error) reject(error);
          else resolve(response ?? {});
        },
      );
    });

  return {
    unary: (rpc, request, call) =>
      unaryWith(methodOf(rpc), methodOf(rpc).requestSerialize, request, call),
    unaryBytes: (rpc, bytes) => unaryWith(methodOf(rpc), (given) => Buffer.from(given), bytes),
    serverStream: (rpc, request, { metadata = new Metadata(), options = {} } = {}) => {
      const method = methodOf(rpc);
      return client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        decode(method),
        request,
        metadata,
        options,
      );
    },
    bidi: (rpc, { metadata = new Metadata(), options = {} } = {}) => {
      const method = methodOf(rpc);
      return client.makeBidiStreamRequest(
        method.path,
        method.requestSerialize,
        decode(method),
        metadata,
        options,
      );
    },
    bidiBytes: (rpc) => {
      const method = methodOf(rpc);
      return client.makeBidiStreamRequest(method.path, (bytes: Buffer) => bytes, decode(method));
    },
    close: () => {
      client.close();
    },
  };
}

function methodOf(rpc: string): MethodDefinition<object, object> {
  const [service = "", method = ""] = rpc.split("/");
  const found = (DEFINITIONS[service] as ServiceDefinition | undefined)?.[method];
  if (!found) throw new Error(`proto/ has no ${rpc}`);
  return found;
}

function decode(method: MethodDefinition<object, object>): (bytes: Buffer) => Message {
  return (bytes) => method.responseDeserialize(bytes) as Message;
}

/** What an error says: its code, and the details of `google.rpc.Status` by their message names. */
export interface CallError {
  readonly code: number;
  readonly message: string;
  readonly details: Readonly<Record<string, Message>>;
}

/** @throws What the call answered, when it did not fail. */
export async function errorOf(call: Promise<unknown>): Promise<CallError> {
  const error = await call.then(
    (answer) => {
      throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
    },
    (failure: unknown) => failure as ServiceError,
  );
  return callError(error);
}

export function callError(error: ServiceError): CallError {
  const { metadata } = error as Partial<ServiceError>; // A stream that was cut has none.
  const bytes = metadata?.get("grpc-status-details-bin")[0];
  const status = bytes === undefined ? { details: [] } : decodeMessage("google.rpc.Status", bytes);
  const details = (status["details"] as { type_url: string; value: Buffer }[]).map((any) => {
    const name = any.type_url.slice(any.type_url.lastIndexOf("/") + 1);
    return [name, decodeMessage(name, any.value)] as const;
  });
  return { code: error.code, message: error.details, details: Object.fromEntries(details) };
}

function decodeMessage(name: string, bytes: Buffer | string): Message {
  const type = DEFINITIONS[name] as (AnyDefinition & { deserialize?: unknown }) | undefined;
  if (typeof type?.deserialize !== "function") throw new Error(`proto/ has no message ${name}`);
  return (type.deserialize as (bytes: Buffer) => Message)(Buffer.from(bytes as Buffer));
}

/** A google.protobuf.Struct as proto-loader takes it. */
export function struct(fields: Readonly<Record<string, unknown>>): Message {
  return {
    fields: Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, value(each)])),
  };
}

function value(plain: unknown): Message {
  if (plain === null) return { nullValue: 0 };
  if (typeof plain === "number") return { numberValue: plain };
  if (typeof plain === "boolean") return { boolValue: plain };
  if (typeof plain === "string") return { stringValue: plain };
  if (Array.isArray(plain)) return { listValue: { values: plain.map(value) } };
  return { structValue: struct(plain as Record<string, unknown>) };
}
