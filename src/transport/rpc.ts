import type { Metadata } from "@grpc/grpc-js";

/** What a handler may know of a call besides its message; the same for gRPC and REST. */
export interface CallContext {
  /** Address of the caller, without its port: who it is, while nobody is authenticated. */
  readonly peer: string;
  /** Whether the caller is on this machine. */
  readonly peerIsLoopback: boolean;
  /** Request metadata (gRPC), or the mapped headers (REST). */
  readonly metadata: Metadata;
  /** Aborted when the caller has gone or its deadline has passed. */
  readonly signal: AbortSignal;
}

/** Answers one message, or throws a PdpError. */
export type UnaryHandler<Request, Response> = (
  request: Request,
  call: CallContext,
) => Response | Promise<Response>;

/** Where a server stream goes. */
export interface StreamSink<Response> {
  /** @returns False when it cannot take more for now; `onDrain` is called when it can again. */
  write(message: Response): boolean;
  onDrain(listener: () => void): void;
}

/** Streams until the promise settles (rejects with a PdpError for a failure) or `call.signal` aborts. */
export type ServerStreamHandler<Request, Response> = (
  request: Request,
  call: CallContext,
  sink: StreamSink<Response>,
) => Promise<void>;

/** Answers a stream of messages one by one, in order. */
export type BidiHandler<Request, Response> = (
  request: Request,
  call: CallContext,
) => Response | Promise<Response>;

/**
 * The handlers of one service by method name as in the generated service definition
 * (`checkConnection`). Which kind each is follows from the definition's `requestStream` and
 * `responseStream`.
 */
export type ServiceHandlers = Readonly<
  Record<
    string,
    | { readonly kind: "unary"; readonly handle: UnaryHandler<never, unknown> }
    | { readonly kind: "server-stream"; readonly handle: ServerStreamHandler<never, never> }
    | { readonly kind: "bidi"; readonly handle: BidiHandler<never, unknown> }
  >
>;
