import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../src/gen/flopynet/policy/v1/error_reason.js";
import { codeOf, GRPC_CODE, HTTP_STATUS } from "../../src/transport/error-mapping.js";

describe("the code of a failure", () => {
  // prettier-ignore
  const ROWS: [reason: keyof typeof GRPC_CODE, code: string, http: number][] = [
    ["REQUEST_INVALID",          "INVALID_ARGUMENT",    400],
    ["EXPLAIN_TOO_LARGE",        "INVALID_ARGUMENT",    400],
    ["CURSOR_INVALID",           "INVALID_ARGUMENT",    400],
    ["CURSOR_OF_ANOTHER_LOG",    "FAILED_PRECONDITION", 400],
    ["NO_ACTIVE_POLICY",         "UNAVAILABLE",         503],
    ["POLICY_NOT_FOUND",         "NOT_FOUND",           404],
    ["POLICY_VERSION_NOT_FOUND", "NOT_FOUND",           404],
    ["POLICY_ALREADY_EXISTS",    "ALREADY_EXISTS",      409],
    ["POLICY_INVALID",           "FAILED_PRECONDITION", 400],
    ["ETAG_MISMATCH",            "ABORTED",             409],
    ["FILE_CHANGED_ON_DISK",     "ABORTED",             409],
    ["POLICY_FILE_READ_ONLY",    "FAILED_PRECONDITION", 400],
    ["IMPACT_TOO_LARGE",         "FAILED_PRECONDITION", 400],
    ["TOO_MANY_SUBSCRIBERS",     "RESOURCE_EXHAUSTED",  429],
    ["OVERLOADED",               "RESOURCE_EXHAUSTED",  429],
    ["STORAGE_UNAVAILABLE",      "UNAVAILABLE",         503],
    ["DECISION_NOT_FOUND",       "NOT_FOUND",           404],
    ["OBSERVATION_CONFLICT",     "ABORTED",             409],
    ["CLIENT_NOT_FOUND",         "NOT_FOUND",           404],
    ["ROUND_NOT_FOUND",          "NOT_FOUND",           404],
    ["UNAUTHENTICATED",          "UNAUTHENTICATED",     401],
    ["SHUTTING_DOWN",            "UNAVAILABLE",         503],
  ];

  it.each(ROWS)("%s is %s over gRPC and %i over HTTP", (reason, code, http) => {
    expect(status[GRPC_CODE[reason]]).toBe(code);
    expect(HTTP_STATUS[GRPC_CODE[reason]]).toBe(http);
  });

  it("content that came with the request is INVALID_ARGUMENT", () => {
    const failure = { reason: "POLICY_INVALID", issues: [], inRequest: true } as const;
    expect(status[codeOf(failure)]).toBe("INVALID_ARGUMENT");
  });

  it("every reason is in the table above", () => {
    expect(ROWS.map(([reason]) => reason).sort()).toEqual(Object.keys(GRPC_CODE).sort());
  });

  it.each(ROWS)("%s is an ErrorReason of the API", (reason) => {
    expect(Object.keys(ErrorReason)).toContain(`ERROR_REASON_${reason}`);
  });
});
