import { BinaryReader } from "@bufbuild/protobuf/wire";
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerErrorResponse,
} from "@grpc/grpc-js";
import { PdpError } from "../../application/errors.js";
import type { Log } from "../../application/ports/log.js";
import { rpcStatusOf } from "../convert-error.js";
import { addressOfPeer, isLoopbackPeer } from "../peer.js";
import type { BidiHandler, CallContext, ServerStreamHandler, UnaryHandler } from "../rpc.js";
import { answerInOrder } from "./answer-in-order.js";
import { grpcError } from "./status-trailers.js";

/** A decoded request, or why its bytes are none: grpc-js answers INTERNAL where a decoder throws. */
export type Decoded<Request> = Request | PdpError;

export type Serialize<Response> = (response: Response) => Buffer;

/** Handlers as grpc-js calls them. The only place that answers with an error. */
export interface Adapter {
  unary<Request, Response>(
    handle: UnaryHandler<Request, Response>,
    serialize: Serialize<Response>,
  ): handleUnaryCall<Decoded<Request>, Buffer>;
  serverStream<Request, Response>(
    handle: ServerStreamHandler<Request, Response>,
    serialize: Serialize<Response>,
  ): handleServerStreamingCall<Decoded<Request>, Buffer>;
  /** Answers in order, one at a time; what is not yet read waits in the caller's flow control. */
  bidi<Request, Response>(
    handle: BidiHandler<Request, Response>,
    serialize: Serialize<Response>,
  ): handleBidiStreamingCall<Decoded<Request>, Buffer>;
  /** Ends every open bidirectional stream, UNAVAILABLE, after answering what was read. */
  drain(): void;
}

export function createAdapter(log: Log): Adapter {
  const errorOf = (error: unknown): ServerErrorResponse => grpcError(rpcStatusOf(error, log));
  const openBidis = new Set<() => void>();

  return {
    unary: (handle, serialize) => (call, callback) => {
      const context = new GrpcCallContext(call);
      const fail = (error: unknown): void => {
        // Work that stopped because nobody waits for it: there is nobody to tell, and no bug to log.
        if (call.cancelled && error === context.signal.reason) return;
        callback(errorOf(error));
      };
      try {
        const response = handle(decoded(call.request), context);
        if (response instanceof Promise) {
          response
            .then((late) => {
              callback(null, serialize(late));
            })
            .catch(fail);
        } else {
          callback(null, serialize(response));
        }
      } catch (error) {
        fail(error);
      }
    },

    serverStream: (handle, serialize) => (call) => {
      let open = true;
      const close = (end: () => void): void => {
        if (open) end();
        open = false;
      };
      const fail = (error: unknown): void => {
        close(() => call.emit("error", errorOf(error)));
      };
      try {
        const sink = {
          write(message: Parameters<typeof serialize>[0]): boolean {
            try {
              return open && call.write(serialize(message));
            } catch (error) {
              fail(error);
              return false;
            }
          },
          onDrain(listener: () => void): void {
            call.on("drain", listener);
          },
        };
        handle(decoded(call.request), new GrpcCallContext(call), sink).then(() => {
          close(() => {
            call.end();
          });
        }, fail);
      } catch (error) {
        fail(error);
      }
    },

    bidi: (handle, serialize) => (call) => {
      const context = new GrpcCallContext(call);
      const answers = answerInOrder(call, (request) => {
        const response = handle(decoded(request), context);
        return response instanceof Promise ? response.then(serialize) : serialize(response);
      });
      openBidis.add(answers.stop);
      answers.done
        .then((end) => {
          if (end === "stopped") throw new PdpError({ reason: "SHUTTING_DOWN" });
          call.end();
        })
        .catch((error: unknown) => call.emit("error", errorOf(error)))
        .finally(() => openBidis.delete(answers.stop));
    },

    drain() {
      for (const stop of openBidis) stop();
    },
  };
}

// Why not the reader's own: it puts U+FFFD in the place of what is not UTF-8.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decodeUtf8 = (bytes: Uint8Array): string => strictUtf8.decode(bytes);

/**
 * A decoder that tells of bad bytes instead of throwing. It takes what every decoder reads alike:
 * no tag 0, no groups, no field past the end of its message, text in UTF-8.
 */
export function decoding<Request>(
  typeName: string,
  deserialize: (bytes: Buffer) => Request,
): (bytes: Buffer) => Decoded<Request> {
  return (bytes) => {
    try {
      return deserialize(new BinaryReader(bytes, decodeUtf8) as unknown as Buffer);
    } catch {
      // In our words: those of the decoder name no field.
      const rule = `must be the bytes of a ${typeName}, its texts in UTF-8, nested at most 100 levels deep`;
      return new PdpError({ reason: "REQUEST_INVALID", violations: [{ field: "request", rule }] });
    }
  };
}

function decoded<Request>(request: Decoded<Request>): Request {
  if (request instanceof PdpError) throw request;
  return request;
}

interface ServerCall {
  readonly metadata: CallContext["metadata"];
  readonly cancelled: boolean;
  getPeer(): string;
  once(event: "cancelled", listener: () => void): unknown;
}

// Why a class with getters: a check needs none of them, and all cost more than they look on the
// hottest path.
class GrpcCallContext implements CallContext {
  readonly #call: ServerCall;
  #controller: AbortController | undefined;

  constructor(call: ServerCall) {
    this.#call = call;
  }

  get metadata(): CallContext["metadata"] {
    return this.#call.metadata;
  }

  get peer(): string {
    return addressOfPeer(this.#call.getPeer());
  }

  get peerIsLoopback(): boolean {
    return isLoopbackPeer(this.#call.getPeer());
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#call.cancelled) controller.abort();
    this.#call.once("cancelled", () => {
      controller.abort();
    });
    return controller.signal;
  }
}
