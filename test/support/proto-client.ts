import type { ServiceError } from "@grpc/grpc-js";
import { callError, createGrpcClient, errorOf, type Message } from "./grpc-client.js";

/** How a call ended, with what its ErrorInfo says. */
export interface CallEnd {
  readonly code: number;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The calls that end-to-end tests make, by method name alone. */
export interface ProtoClient {
  call(method: Method, request: Message): Promise<Message>;
  /** How a call fails; rejects if it does not. */
  failure(method: Method, request: Message): Promise<CallEnd>;
  events(): { readonly messages: Message[]; readonly ended: Promise<CallEnd> };
  /** What `grpc.health.v1` says of the whole server. */
  health(): Promise<unknown>;
  close(): void;
}

const SERVICE = {
  CheckConnection: "PolicyDecisionService",
  BatchCheckPolicies: "PolicyDecisionService",
  ListEvents: "EventService",
  ReloadPolicies: "PolicyAdminService",
} as const;
type Method = keyof typeof SERVICE;

export function protoClient(port: number): ProtoClient {
  const client = createGrpcClient(port);
  const call = (method: Method, request: Message): Promise<Message> =>
    client.unary(`flopynet.policy.v1.${SERVICE[method]}/${method}`, request);
  return {
    call,
    failure: async (method, request) => endOf(await errorOf(call(method, request))),
    events() {
      const stream = client.serverStream("flopynet.policy.v1.EventService/StreamEvents", {});
      const messages: Message[] = [];
      stream.on("data", (message: Message) => messages.push(message));
      const ended = new Promise<CallEnd>((resolve) => {
        stream.on("error", (error) => {
          resolve(endOf(callError(error as ServiceError)));
        });
      });
      return { messages, ended };
    },
    health: async () => (await client.unary("grpc.health.v1.Health/Check", {}))["status"],
    close: () => {
      client.close();
    },
  };
}

function endOf({ code, details }: ReturnType<typeof callError>): CallEnd {
  const info = details["google.rpc.ErrorInfo"] ?? {};
  const { reason = "", metadata = {} } = info as Partial<CallEnd>;
  return { code, reason, metadata };
}
