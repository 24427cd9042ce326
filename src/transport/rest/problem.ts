import { type ServerResponse, STATUS_CODES } from "node:http";
import { status } from "@grpc/grpc-js";
import type { RpcStatus } from "../convert-error.js";
import { HTTP_STATUS } from "../error-mapping.js";
import { sendJson } from "./send-json.js";

/**
 * The body of a failed call of the JSON API.
 *
 * @see RFC 9457. `type` is `about:blank`: `reason` and `domain` tell what kind of problem it is.
 */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  readonly detail: string;
  /** Name of the gRPC code. */
  readonly code: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
  /** Names the log line of what nobody expected. */
  readonly requestId?: string;
}

/** What HTTP itself has to refuse, before there is a call. */
export type HttpRefusal = 400 | 403 | 404 | 405 | 406 | 413 | 415 | 504;

const CODE_OF_REFUSAL = {
  400: "INVALID_ARGUMENT",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  406: "INVALID_ARGUMENT",
  413: "RESOURCE_EXHAUSTED",
  415: "INVALID_ARGUMENT",
  504: "DEADLINE_EXCEEDED",
} as const satisfies Record<HttpRefusal, keyof typeof status>;

/** The problem of a failed call. */
export function callProblem(rpc: RpcStatus): Problem {
  const httpStatus = httpStatusOf(rpc);
  return {
    type: "about:blank",
    title: titleOf(httpStatus),
    status: httpStatus,
    detail: rpc.message,
    code: status[rpc.code],
    ...rpc.errorInfo,
    ...(rpc.fieldViolations.length > 0 && { fieldViolations: rpc.fieldViolations }),
    ...(rpc.requestId !== undefined && { requestId: rpc.requestId }),
  };
}

/** What follows from the code; a stale etag is what `If-Match` has a status of its own for. */
export function httpStatusOf({ code, errorInfo }: RpcStatus): number {
  return errorInfo?.reason === "ETAG_MISMATCH" ? 412 : HTTP_STATUS[code];
}

/** The problem of a request that is no call. */
export function httpProblem(httpStatus: HttpRefusal, detail: string): Problem {
  return {
    type: "about:blank",
    title: titleOf(httpStatus),
    status: httpStatus,
    detail,
    code: CODE_OF_REFUSAL[httpStatus],
  };
}

/** A request that HTTP itself refuses. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";

  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** Answers with a problem. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  response.statusCode = problem.status;
  sendJson(response, problem, "application/problem+json; charset=utf-8");
}

function titleOf(httpStatus: number): string {
  return STATUS_CODES[httpStatus] ?? "Client Closed Request"; // 499 is nobody's standard.
}
