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
import { createTurnQueue } from "./turn-queue.js";

/** The bytes of the messages of a method. `decode` throws a PdpError. */
export interface Codec<Request, Response> {
  readonly decode: (bytes: Buffer) => Request;
  readonly encode: (response: Response) => Buffer;
}

/** Handlers as grpc-js calls them, with messages as bytes. The only place, besides health, that answers with an error. */
export interface Adapter {
  unary<Request, Response>(
    handle: UnaryHandler<Request, Response>,
    codec: Codec<Request, Response>,
  ): handleUnaryCall<Buffer, Buffer>;
  serverStream<Request, Response>(
    handle: ServerStreamHandler<Request, Response>,
    codec: Codec<Request, Response>,
  ): handleServerStreamingCall<Buffer, Buffer>;
  /** Answers in order, one at a time; what is not yet read waits in the caller's flow control. */
  bidi<Request, Response>(
    handle: BidiHandler<Request, Response>,
    codec: Codec<Request, Response>,
  ): handleBidiStreamingCall<Buffer, Buffer>;
  /** Ends every open bidirectional stream, UNAVAILABLE, after answering what was read. */
  drain(): void;
}

export function createAdapter(log: Log): Adapter {
  const errorOf = (error: unknown): ServerErrorResponse => grpcError(rpcStatusOf(error, log));
  const openBidis = new Set<() => void>();
  const inTurn = createTurnQueue((err) => {
    log.error({ err }, "a call could not be answered");
  });

  return {
    unary:
      (handle, { decode, encode }) =>
      (call, callback) => {
        inTurn(() => {
          if (call.cancelled) return;
          const context = new GrpcCallContext(call);
          const fail = (error: unknown): void => {
            // Work that stopped because nobody waits for it: there is nobody to tell, and no bug to log.
            if (call.cancelled && error === context.signal.reason) return;
            callback(errorOf(error));
          };
          try {
            const response = handle(decode(call.request), context);
            if (response instanceof Promise) {
              response
                .then((late) => {
                  callback(null, encode(late));
                })
                .catch(fail);
            } else {
              callback(null, encode(response));
            }
          } catch (error) {
            fail(error);
          }
        });
      },

    serverStream:
      (handle, { decode, encode }) =>
      (call) => {
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
            write(message: Parameters<typeof encode>[0]): boolean {
              try {
                return open && call.write(encode(message));
              } catch (error) {
                fail(error);
                return false;
              }
            },
            onDrain(listener: () => void): void {
              call.on("drain", listener);
            },
          };
          handle(decode(call.request), new GrpcCallContext(call), sink).then(() => {
            close(() => {
              call.end();
            });
          }, fail);
        } catch (error) {
          fail(error);
        }
      },

    bidi:
      (handle, { decode, encode }) =>
      (call) => {
        const context = new GrpcCallContext(call);
        const answers = answerInOrder(call, (request) => {
          const response = handle(decode(request), context);
          return response instanceof Promise ? response.then(encode) : encode(response);
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
