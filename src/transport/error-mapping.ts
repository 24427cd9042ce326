import { status } from "@grpc/grpc-js";
import type { Failure, FailureReason } from "../application/errors.js";

/** THE table: why a use case failed -> gRPC code. A reason without a row does not compile. */
export const GRPC_CODE = {
  REQUEST_INVALID: status.INVALID_ARGUMENT,
  EXPLAIN_TOO_LARGE: status.INVALID_ARGUMENT,
  CURSOR_INVALID: status.INVALID_ARGUMENT,
  CURSOR_OF_ANOTHER_LOG: status.FAILED_PRECONDITION,
  NO_ACTIVE_POLICY: status.UNAVAILABLE,
  POLICY_NOT_FOUND: status.NOT_FOUND,
  POLICY_VERSION_NOT_FOUND: status.NOT_FOUND,
  POLICY_ALREADY_EXISTS: status.ALREADY_EXISTS,
  POLICY_INVALID: status.FAILED_PRECONDITION,
  ETAG_MISMATCH: status.ABORTED,
  FILE_CHANGED_ON_DISK: status.ABORTED,
  POLICY_FILE_READ_ONLY: status.FAILED_PRECONDITION,
  IMPACT_TOO_LARGE: status.FAILED_PRECONDITION,
  TOO_MANY_SUBSCRIBERS: status.RESOURCE_EXHAUSTED,
  OVERLOADED: status.RESOURCE_EXHAUSTED,
  STORAGE_UNAVAILABLE: status.UNAVAILABLE,
  DECISION_NOT_FOUND: status.NOT_FOUND,
  OBSERVATION_CONFLICT: status.ABORTED,
  CLIENT_NOT_FOUND: status.NOT_FOUND,
  ROUND_NOT_FOUND: status.NOT_FOUND,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  SHUTTING_DOWN: status.UNAVAILABLE,
} as const satisfies Record<FailureReason, status>;

/** The code of one failure: what came with the request is the caller's to mend, not the operator's. */
export function codeOf(failure: Failure): status {
  return failure.reason === "POLICY_INVALID" && failure.inRequest === true
    ? status.INVALID_ARGUMENT
    : GRPC_CODE[failure.reason];
}

/** HTTP status of a gRPC code. Source: the "HTTP Mapping" comments of google/rpc/code.proto. */
export const HTTP_STATUS = {
  [status.OK]: 200,
  [status.CANCELLED]: 499,
  [status.UNKNOWN]: 500,
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 400,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 501,
  [status.INTERNAL]: 500,
  [status.UNAVAILABLE]: 503,
  [status.DATA_LOSS]: 500,
  [status.UNAUTHENTICATED]: 401,
} as const satisfies Record<status, number>;
