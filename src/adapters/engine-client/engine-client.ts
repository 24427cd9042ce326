import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  credentials,
  loadPackageDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { CheckAnswer, ConnectionCheck, PolicyCheck } from "../../application/check.js";
import { answerFromWire, structOf, type WireAnswer } from "./wire-answer.js";

/** Asks a running engine. */
export interface EngineClient {
  /** @throws {EngineError} It could not be asked, or refused to answer. */
  checkConnection(check: ConnectionCheck): Promise<CheckAnswer>;
  /** @throws {EngineError} It could not be asked, or refused to answer. */
  checkPolicy(check: PolicyCheck): Promise<CheckAnswer>;
  close(): void;
}

/** The engine did not answer; the message is one line for a person. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}

interface Stub {
  close(): void;
  checkConnection: Call;
  checkPolicy: Call;
}
type Call = (
  request: object,
  options: { deadline: Date },
  callback: (error: ServiceError | null, answer?: WireAnswer) => void,
) => void;
type StubClass = new (address: string, credentials: ChannelCredentials) => Stub;

const PROTO_FOLDER = fileURLToPath(new URL("../../../proto", import.meta.url));
const TIMEOUT_MS = 10_000;

/**
 * A client built from the shipped proto/ folder at run time, as one in any other language is: it
 * shares no generated code with the server.
 *
 * @param options - `address` is `host:port`.
 */
export function createEngineClient({ address }: { readonly address: string }): EngineClient {
  const definition = loadSync("flopynet/policy/v1/decision_service.proto", {
    includeDirs: [PROTO_FOLDER],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const loaded = loadPackageDefinition(definition) as unknown as {
    flopynet: { policy: { v1: { PolicyDecisionService: StubClass } } };
  };
  const service = loaded.flopynet.policy.v1.PolicyDecisionService;
  const stub = new service(address, credentials.createInsecure());

  const ask = (method: "checkConnection" | "checkPolicy", request: object) =>
    new Promise<CheckAnswer>((resolve, reject) => {
      const options = { deadline: new Date(Date.now() + TIMEOUT_MS) };
      stub[method](request, options, (error, answer) => {
        if (answer) resolve(answerFromWire(answer));
        else reject(new EngineError(messageOf(error, address), { cause: error }));
      });
    });
  return {
    checkConnection: (check) =>
      ask("checkConnection", { ...check, context: structOf(check.context) }),
    checkPolicy: (check) => ask("checkPolicy", { ...check, context: structOf(check.context) }),
    close: () => {
      stub.close();
    },
  };
}

/** Why a call failed, in one line for a person. */
export function messageOf(error: ServiceError | null, address: string): string {
  const unreachable = `engine not reachable at ${address}: start it with npm start, or name another with --address`;
  if (error === null) return `the engine at ${address} gave no answer`;
  const { code, details } = error;
  // Without an engine, the channel's own words; an engine that is up says why it cannot answer.
  const noConnection = code === status.UNAVAILABLE && /connect|resolution|ECONN/i.test(details);
  return noConnection || code === status.DEADLINE_EXCEEDED
    ? unreachable
    : `the engine at ${address} refused: ${details} (${status[code]})`;
}
