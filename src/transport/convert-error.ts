import { randomUUID } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { type Failure, issueText, PdpError } from "../application/errors.js";
import type { Log } from "../application/ports/log.js";
import { codeOf } from "./error-mapping.js";

export const ERROR_DOMAIN = "policy.flopynet";

// Why: clients refuse more than 8 KiB of trailers, and base64 and percent-encoding add to it.
const MAX_ENCODED_MESSAGE = 1_500;
const MAX_VIOLATIONS_BYTES = 3_000;
const MAX_TEXT = 300;

/** A failed call, as every transport tells it. */
export interface RpcStatus {
  readonly code: status;
  readonly message: string;
  /** Absent for what nobody expected. */
  readonly errorInfo?: {
    readonly reason: string;
    readonly domain: string;
    readonly metadata: Readonly<Record<string, string>>;
  };
  /** As many as fit into 3,000 bytes, the first ones; at least one where there is any. */
  readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];
  /** Names the log line of what nobody expected. */
  readonly requestId?: string;
}

/**
 * What a caller is told of an error. A PdpError is told as it is; anything else is a bug: it is
 * logged with its cause, and the caller gets "internal error" and the request id to ask about, which
 * is a new one where the request has none.
 */
export function rpcStatusOf(error: unknown, log: Log, requestId: string = randomUUID()): RpcStatus {
  if (error instanceof PdpError) return failureStatus(error);
  log.error({ requestId, err: error }, "unexpected error while answering a call");
  return { code: status.INTERNAL, message: "internal error", fieldViolations: [], requestId };
}

function failureStatus({ failure, message }: PdpError): RpcStatus {
  return {
    code: codeOf(failure),
    message: boundedMessage(message),
    errorInfo: { reason: failure.reason, domain: ERROR_DOMAIN, metadata: factsOf(failure) },
    fieldViolations: thoseThatFit(violationsOf(failure)),
  };
}

function violationsOf(failure: Failure): { field: string; description: string }[] {
  switch (failure.reason) {
    case "REQUEST_INVALID":
      return failure.violations.map(({ field, rule }) => violation(field, `${field} ${rule}`));
    case "POLICY_INVALID":
      return failure.issues.map((issue) => violation(issue.path, issueText(issue)));
    case "CURSOR_INVALID":
    case "CURSOR_OF_ANOTHER_LOG":
      return [violation(failure.field, `start again without ${failure.field}`)];
    case "EXPLAIN_TOO_LARGE":
    case "NO_ACTIVE_POLICY":
    case "POLICY_NOT_FOUND":
    case "POLICY_ALREADY_EXISTS":
    case "ETAG_MISMATCH":
    case "FILE_CHANGED_ON_DISK":
    case "POLICY_FILE_READ_ONLY":
    case "IMPACT_TOO_LARGE":
    case "POLICY_VERSION_NOT_FOUND":
    case "TOO_MANY_SUBSCRIBERS":
    case "OVERLOADED":
    case "STORAGE_UNAVAILABLE":
    case "DECISION_NOT_FOUND":
    case "OBSERVATION_CONFLICT":
    case "CLIENT_NOT_FOUND":
    case "ROUND_NOT_FOUND":
    case "UNAUTHENTICATED":
    case "SHUTTING_DOWN":
      return [];
  }
}

function thoseThatFit<Item extends { field: string; description: string }>(items: Item[]): Item[] {
  let bytes = 0;
  return items.filter(({ field, description }, index) => {
    bytes += Buffer.byteLength(field) + Buffer.byteLength(description);
    return index === 0 || bytes <= MAX_VIOLATIONS_BYTES;
  });
}

function violation(field: string, description: string): { field: string; description: string } {
  return { field: cut(field), description: cut(description) };
}

// The facts of a failure are scalars, or lists that the violations already tell.
function factsOf(failure: Failure): Record<string, string> {
  return Object.fromEntries(
    Object.entries(failure)
      .filter(([name, value]) => name !== "reason" && ["string", "number"].includes(typeof value))
      .map(([name, value]) => [name, cut(String(value))]),
  );
}

function cut(text: string): string {
  return wellFormed(text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}...`);
}

// Why: grpc-js percent-encodes the message, and encodeURI throws on half a surrogate pair.
function boundedMessage(message: string): string {
  const head = wellFormed(message.slice(0, MAX_ENCODED_MESSAGE));
  const encoded = encodeURI(head).length;
  if (message.length <= MAX_ENCODED_MESSAGE && encoded <= MAX_ENCODED_MESSAGE) return head;
  const kept = Math.floor(head.length * Math.min(1, MAX_ENCODED_MESSAGE / encoded));
  return wellFormed(`${head.slice(0, kept)}...`);
}

function wellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
