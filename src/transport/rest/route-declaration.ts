import type { z } from "zod";
import type { CallContext } from "../rpc.js";
import type { RestUseCases } from "./rest-use-cases.js";

/**
 * Where a route comes from. `documented`: FLOPY-NET's page on its policy engine. `served`: its server
 * has it, and its clients call it. `called`: its clients call it, in vain until now. `described`:
 * other pages of FLOPY-NET tell of it, and nothing serves or calls it.
 */
export type RouteOrigin = "documented" | "served" | "called" | "described";

/** What a handler gets of a request: validated by the schemas of its route. */
export interface RouteRequest<Query, Body> {
  /** Variables of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Of `If-Match`; empty: any. */
  readonly etag: string;
  readonly call: CallContext;
}

export interface RouteAnswer {
  /** The route's own unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON as a value, or, where the order of its keys matters, as text. */
  readonly json?: unknown;
  readonly text?: string;
}

/** One route of families 1 and 2: what serves it, and what describes it, in one place. */
export interface RouteDeclaration {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `/policies/{id}`: a variable is one segment. */
  readonly path: string;
  readonly origin: RouteOrigin;
  readonly summary: string;
  /** The RPC of which this is a view: who may call that may call this. Absent: nothing to guard. */
  readonly rpc?: string;
  /** Parameters as text; unknown ones are ignored. */
  readonly query?: z.ZodObject;
  /** Absent: a body is not read. */
  readonly body?: z.ZodType;
  /** HTTP status of success: 200 unless given. */
  readonly status?: number;
  /** The answer of success; any other is `{"error": text}`. Absent: not JSON. */
  readonly answer?: z.ZodType;
  /** @throws {PdpError} Answered with the status of its reason. @throws {RequestRefused} */
  handle(
    request: RouteRequest<never, never>,
    useCases: RestUseCases,
  ): RouteAnswer | Promise<RouteAnswer>;
}

/** A route that is another path of family 3: the transcoder answers, with its shapes and errors. */
export interface RouteAlias {
  readonly method: "GET";
  readonly path: string;
  readonly origin: RouteOrigin;
  readonly summary: string;
  /** `/v1/events:stream`. */
  readonly servedAs: string;
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route whose handler has the types of its schemas. */
export function declareRoute<
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  declared: Omit<RouteDeclaration, "query" | "body" | "handle"> & {
    readonly query?: Query;
    readonly body?: Body;
    readonly handle: (
      request: RouteRequest<Output<Query>, Output<Body>>,
      useCases: RestUseCases,
    ) => RouteAnswer | Promise<RouteAnswer>;
  },
): RouteDeclaration {
  return declared as RouteDeclaration;
}
