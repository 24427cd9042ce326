import {
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type Metadata,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";
import { ErrorInfo } from "../../src/gen/google/rpc/error_details.js";
import { Status } from "../../src/gen/google/rpc/status.js";

type Message = Readonly<Record<string, unknown>>;

/** How a call failed, with what its details say. */
export interface CallFailure {
  readonly code: number;
  readonly message: string;
  /** Of ErrorInfo; empty when there is none. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ProtoClient {
  /** One answer. @throws {ServiceError} */
  call(method: string, request: object): Promise<Message>;
  /** How a call fails; rejects if it does not. */
  failure(method: string, request: object): Promise<CallFailure>;
  stream(
    method: string,
    request: object,
  ): { readonly messages: Message[]; readonly ended: Promise<CallFailure>; cancel(): void };
  /** StreamCheckConnections: one question after the other. */
  checks(): { ask(check: object): Promise<Message>; end(): void };
  /** What `grpc.health.v1` says of the whole server. */
  health(): Promise<unknown>;
  close(): void;
}

const PROTO_FOLDER = fileURLToPath(new URL("../../proto", import.meta.url));
const DEFINITION = loadSync(
  [
    "flopynet/policy/v1/decision_service.proto",
    "flopynet/policy/v1/event_service.proto",
    "flopynet/policy/v1/policy_admin_service.proto",
    "grpc/health/v1/health.proto",
  ],
  {
    includeDirs: [PROTO_FOLDER],
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  },
);

/** A client built from `proto/` at run time, as one in any other language is. */
export function protoClient(port: number): ProtoClient {
  const clients = clientsOf(`127.0.0.1:${port}`);
  const find = (method: string): Call => {
    const client = clients.find((one) => method in one);
    if (!client) throw new Error(`no method ${method}`);
    return (client[method] as Call).bind(client);
  };
  const call = (method: string, request: object): Promise<Message> =>
    new Promise((resolve, reject) => {
      find(method)(request, (error: ServiceError | null, answer: Message) => {
        if (error) reject(error);
        else resolve(answer);
      });
    });
  return {
    call,
    failure: (method, request) =>
      call(method, request).then(
        () => Promise.reject(new Error(`${method} did not fail`)),
        failureOf,
      ),
    stream(method, request) {
      const call = find(method)(request) as ClientReadableStream<Message>;
      const messages: Message[] = [];
      call.on("data", (message: Message) => messages.push(message));
      const ended = new Promise<CallFailure>((resolve) => {
        call.on("error", (error) => {
          resolve(failureOf(error));
        });
        call.on("end", () => {
          resolve({ code: 0, message: "", reason: "", metadata: {} });
        });
      });
      return {
        messages,
        ended,
        cancel: () => {
          call.cancel();
        },
      };
    },
    checks() {
      const call = find("StreamCheckConnections")() as ClientDuplexStream<Message, Message>;
      const waiting: ((answer: Message) => void)[] = [];
      call.on("data", (message: Message) => waiting.shift()?.(message["result"] as Message));
      call.on("error", () => undefined);
      return {
        ask: (check) =>
          new Promise((resolve) => {
            waiting.push(resolve);
            call.write({ check });
          }),
        end: () => {
          call.end();
        },
      };
    },
    health: async () => (await call("Check", {}))["status"],
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

type Call = (request?: object, callback?: (error: never, answer: never) => void) => unknown;
type Client = Record<string, unknown> & { close(): void };

function clientsOf(address: string): Client[] {
  return Object.entries(DEFINITION)
    .filter(([, definition]) => !("format" in definition))
    .map(([name]) => {
      const path = name.split(".");
      const loaded = path.reduce<unknown>(
        (node, part) => (node as Record<string, unknown>)[part],
        loadPackageDefinition(DEFINITION),
      ) as ServiceClientConstructor;
      return new loaded(address, credentials.createInsecure()) as unknown as Client;
    });
}

function failureOf(error: unknown): CallFailure {
  const { code, details, metadata } = error as ServiceError;
  const info = errorInfoOf(metadata);
  return { code, message: details, reason: info?.reason ?? "", metadata: info?.metadata ?? {} };
}

function errorInfoOf(metadata: Metadata | undefined): ErrorInfo | undefined {
  const [bytes] = metadata?.get("grpc-status-details-bin") ?? [];
  if (!(bytes instanceof Buffer)) return undefined;
  const detail = Status.decode(bytes).details.find((any) => any.typeUrl.endsWith("ErrorInfo"));
  return detail && ErrorInfo.decode(detail.value);
}
