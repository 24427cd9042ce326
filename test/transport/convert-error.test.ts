import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { type Failure, PdpError } from "../../src/application/errors.js";
import type { Log } from "../../src/application/ports/log.js";
import type { PolicyIssue } from "../../src/application/ports/policy-source.js";
import { rpcStatusOf } from "../../src/transport/convert-error.js";
import { grpcError } from "../../src/transport/grpc/status-trailers.js";

interface LogLine {
  readonly facts: object;
  readonly message: string;
}

function recordingLog(lines: LogLine[] = []): Log {
  const record = (facts: object, message: string): void => {
    lines.push({ facts, message });
  };
  return { debug: record, info: record, warn: record, error: record };
}

function statusOf(failure: Failure): ReturnType<typeof rpcStatusOf> {
  return rpcStatusOf(new PdpError(failure), recordingLog());
}

const ISSUE: PolicyIssue = {
  severity: "error",
  file: "policies.json",
  path: "policies.p.rules[0].action",
  line: 3,
  column: 7,
  message: "unknown verb `dney`",
  suggestion: "write `deny`",
};

describe("what a caller is told of a failure", () => {
  // prettier-ignore
  it.each<[failure: Failure, facts: Record<string, string>, violations: [string, string][]]>([
    [{ reason: "REQUEST_INVALID", violations: [{ field: "dst_port", rule: "must be from 1 to 65535, got 70000" }] },
                                                                      {},                             [["dst_port", "dst_port must be from 1 to 65535, got 70000"]]],
    [{ reason: "POLICY_INVALID", issues: [ISSUE] },                   {},                             [[ISSUE.path, "policies.json:3:7: policies.p.rules[0].action: unknown verb `dney` (write `deny`)"]]],
    [{ reason: "CURSOR_INVALID", field: "after_cursor" },             { field: "after_cursor" },      [["after_cursor", "start again without after_cursor"]]],
    [{ reason: "CURSOR_OF_ANOTHER_LOG", field: "page_token" },        { field: "page_token" },        [["page_token", "start again without page_token"]]],
    [{ reason: "EXPLAIN_TOO_LARGE", items: 21, limit: 20 },           { items: "21", limit: "20" },   []],
    [{ reason: "NO_ACTIVE_POLICY" },                                  {},                             []],
    [{ reason: "POLICY_NOT_FOUND", policyId: "p" },                   { policyId: "p" },              []],
    [{ reason: "POLICY_NOT_FOUND", policyId: "p", policyVersion: "2" }, { policyId: "p", policyVersion: "2" }, []],
    [{ reason: "POLICY_VERSION_NOT_FOUND", policyVersion: "9" },      { policyVersion: "9" },         []],
    [{ reason: "TOO_MANY_SUBSCRIBERS", limit: 2000 },                 { limit: "2000" },              []],
    [{ reason: "OVERLOADED", what: "validations", limit: 2 },         { what: "validations", limit: "2" }, []],
    [{ reason: "STORAGE_UNAVAILABLE", what: "the policy version" },   { what: "the policy version" }, []],
    [{ reason: "UNAUTHENTICATED", mend: "set INSECURE=1" },           { mend: "set INSECURE=1" },     []],
    [{ reason: "SHUTTING_DOWN", cursor: "c-7" },                      { cursor: "c-7" },              []],
  ])("$reason", (failure, metadata, violations) => {
    const told = statusOf(failure);
    expect(told.message).toBe(new PdpError(failure).message);
    expect(told.errorInfo).toEqual({ reason: failure.reason, domain: "policy.flopynet", metadata });
    expect(told.fieldViolations).toEqual(
      violations.map(([field, description]) => ({ field, description })),
    );
  });

  it("nothing of what nobody expected but a request id, which names the line in the log", () => {
    const lines: LogLine[] = [];
    const error = new TypeError("cannot read secret of undefined");
    const told = rpcStatusOf(error, recordingLog(lines));
    expect(told).toEqual({
      code: status.INTERNAL,
      message: "internal error",
      fieldViolations: [],
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    });
    expect(lines.map(({ facts }) => facts)).toEqual([{ requestId: told.requestId, err: error }]);
  });
});

describe("an error fits into the trailers that every client accepts (8 KiB)", () => {
  const longest = (text: string): Failure => ({
    reason: "POLICY_INVALID",
    issues: Array.from({ length: 30 }, () => ({ ...ISSUE, path: text, message: text })),
  });

  it.each([
    ["of ASCII text", "x".repeat(1_000)],
    ["of text outside ASCII", "錯".repeat(1_000)],
    ["of emoji, cut in the middle of a pair", `x${"😀".repeat(1_000)}`],
    ["of half surrogate pairs", "\ud800".repeat(1_000)],
  ])("%s", (_says, text) => {
    const { message, metadata } = grpcErrorOf(longest(text));
    const details = metadata?.get("grpc-status-details-bin")[0] ?? "";
    expect(encodeURI(message).length + (details.length * 4) / 3).toBeLessThan(8_000);
  });

  it("the first violation is always told", () => {
    expect(statusOf(longest("錯".repeat(1_000))).fieldViolations.length).toBeGreaterThan(0);
  });

  it("a message with half a surrogate pair can be sent", () => {
    const { message } = grpcErrorOf({ reason: "POLICY_NOT_FOUND", policyId: "\udc00" });
    expect(encodeURI(message)).toContain("policy");
  });
});

function grpcErrorOf(failure: Failure): ReturnType<typeof grpcError> {
  return grpcError(statusOf(failure));
}
