import type { TrustSummary } from "../../gen/flopynet/policy/v1/decision.js";
import {
  BatchCheckConnectionsResponse,
  CheckConnectionResponse,
} from "../../gen/flopynet/policy/v1/decision_service.js";
import { varintBytes } from "./message-writer.js";

/*
 * Many answers differ in nothing but their ids and their client's trust: what they share is encoded
 * once, and likewise what is said of a client. A message is the same in whatever order its fields are
 * written, so these bytes and those of the ids simply follow each other. Answers to policy checks have
 * the same fields under the same numbers.
 */

const TAG_DECISION_ID = (10 << 3) | 2;
const TAG_REQUEST_ID = (12 << 3) | 2;
const TAG_RESULT = (1 << 3) | 2;

interface SharedBytes {
  /** What was encoded, to be sure that another answer shares all of it. */
  readonly message: CheckConnectionResponse;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const trustBytes = new WeakMap<TrustSummary, Uint8Array>();
const sharedBytes = new WeakMap<CheckConnectionResponse["determiningRules"], SharedBytes>();

/** Encodes an answer as `CheckConnectionResponse.encode` would, up to the order of its fields. */
export function answerBytes(message: CheckConnectionResponse): Buffer {
  const shared = sharedBytesOf(message);
  const bytes = Buffer.allocUnsafe(shared.length + ownBytes(message));
  writeAnswer(bytes, 0, message, shared);
  return bytes;
}

/** Encodes a batch of answers as `BatchCheckConnectionsResponse.encode` would. */
export function batchAnswerBytes({
  results,
  policyVersion,
}: BatchCheckConnectionsResponse): Buffer {
  const parts = results.map((message) => {
    const shared = sharedBytesOf(message);
    return { message, shared, length: shared.length + ownBytes(message) };
  });
  const rest = BatchCheckConnectionsResponse.encode({ results: [], policyVersion }).finish();
  const total = parts.reduce((sum, { length }) => sum + 1 + varintBytes(length) + length, 0);
  const bytes = Buffer.allocUnsafe(total + rest.length);
  let at = 0;
  for (const { message, shared, length } of parts) {
    bytes[at] = TAG_RESULT;
    at = writeVarint(bytes, at + 1, length);
    at = writeAnswer(bytes, at, message, shared);
  }
  bytes.set(rest, at);
  return bytes;
}

/** The bytes of all but an answer's own fields. */
function sharedBytesOf(message: CheckConnectionResponse): Uint8Array {
  const known = sharedBytes.get(message.determiningRules);
  if (known && sharesAll(message, known.message)) return known.bytes;
  const bytes = CheckConnectionResponse.encode({
    ...message,
    decisionId: "",
    requestId: "",
    trust: undefined,
  }).finish();
  sharedBytes.set(message.determiningRules, { message, bytes });
  return bytes;
}

/** The bytes of the field `trust`. */
function trustBytesOf({ trust }: CheckConnectionResponse): Uint8Array {
  if (!trust) return NOTHING;
  let bytes = trustBytes.get(trust);
  if (!bytes) {
    bytes = CheckConnectionResponse.encode(CheckConnectionResponse.create({ trust })).finish();
    trustBytes.set(trust, bytes);
  }
  return bytes;
}

/**
 * Whether every field that is not an answer's own is the very same value. Why by name: it is asked for
 * each answer.
 */
function sharesAll(one: CheckConnectionResponse, other: CheckConnectionResponse): boolean {
  return (
    one.allowed === other.allowed &&
    one.denyKind === other.denyKind &&
    one.reason === other.reason &&
    one.policyId === other.policyId &&
    one.ruleId === other.ruleId &&
    one.determiningRules === other.determiningRules &&
    one.erroringRules === other.erroringRules &&
    one.parameters === other.parameters &&
    one.obligations === other.obligations &&
    one.policyVersion === other.policyVersion &&
    one.explanation === other.explanation
  );
}

function ownBytes(message: CheckConnectionResponse): number {
  const { decisionId, requestId } = message;
  return trustBytesOf(message).length + textFieldBytes(decisionId) + textFieldBytes(requestId);
}

function textFieldBytes(text: string): number {
  if (text === "") return 0;
  const length = Buffer.byteLength(text);
  return 1 + varintBytes(length) + length;
}

function writeAnswer(
  bytes: Buffer,
  start: number,
  message: CheckConnectionResponse,
  shared: Uint8Array,
): number {
  const trust = trustBytesOf(message);
  bytes.set(shared, start);
  bytes.set(trust, start + shared.length);
  const afterTrust = start + shared.length + trust.length;
  const at = writeTextField(bytes, afterTrust, TAG_DECISION_ID, message.decisionId);
  return writeTextField(bytes, at, TAG_REQUEST_ID, message.requestId);
}

function writeTextField(bytes: Buffer, start: number, tag: number, text: string): number {
  if (text === "") return start;
  bytes[start] = tag;
  const at = writeVarint(bytes, start + 1, Buffer.byteLength(text));
  return at + bytes.write(text, at, "utf8");
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let left = value;
  for (; left > 127; left >>>= 7) bytes[at++] = (left & 127) | 128;
  bytes[at] = left;
  return at + 1;
}
