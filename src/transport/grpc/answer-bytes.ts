import {
  BatchCheckConnectionsResponse,
  CheckConnectionResponse,
} from "../../gen/flopynet/policy/v1/decision_service.js";

/*
 * Many answers differ in nothing but their ids: what they share is encoded once. A message is the
 * same in whatever order its fields are written, so shared bytes and those of the ids simply follow
 * each other. Answers to policy checks have the same fields under the same numbers.
 */

const TAG_DECISION_ID = (10 << 3) | 2;
const TAG_REQUEST_ID = (12 << 3) | 2;
const TAG_RESULT = (1 << 3) | 2;

interface SharedBytes {
  /** What was encoded, to be sure that another answer shares all of it. */
  readonly message: CheckConnectionResponse;
  readonly bytes: Uint8Array;
}

const sharedBytes = new WeakMap<CheckConnectionResponse["determiningRules"], SharedBytes>();

/** Encodes an answer as `CheckConnectionResponse.encode` would, up to the order of its fields. */
export function answerBytes(message: CheckConnectionResponse): Buffer {
  const shared = sharedBytesOf(message);
  const bytes = Buffer.allocUnsafe(shared.length + idBytes(message));
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
    return { message, shared, length: shared.length + idBytes(message) };
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

/** The bytes of all but the two ids. */
function sharedBytesOf(message: CheckConnectionResponse): Uint8Array {
  const known = sharedBytes.get(message.determiningRules);
  if (known && sharesAll(message, known.message)) return known.bytes;
  const bytes = CheckConnectionResponse.encode({
    ...message,
    decisionId: "",
    requestId: "",
  }).finish();
  sharedBytes.set(message.determiningRules, { message, bytes });
  return bytes;
}

/** Whether every field but the ids is the very same value, and neither has one more. */
function sharesAll(message: CheckConnectionResponse, other: CheckConnectionResponse): boolean {
  let fields = 0;
  for (const name in message) {
    const field = name as keyof CheckConnectionResponse;
    if (field === "decisionId" || field === "requestId") continue;

    if (message[field] !== other[field]) return false;
    fields += message[field] === undefined ? 0 : 1;
  }
  for (const name in other) {
    const field = name as keyof CheckConnectionResponse;
    if (field === "decisionId" || field === "requestId") continue;
    fields -= other[field] === undefined ? 0 : 1;
  }
  return fields === 0;
}

function idBytes({ decisionId, requestId }: CheckConnectionResponse): number {
  return textFieldBytes(decisionId) + textFieldBytes(requestId);
}

function textFieldBytes(text: string): number {
  if (text === "") return 0;
  const length = Buffer.byteLength(text);
  return 1 + varintBytes(length) + length;
}

function writeAnswer(
  bytes: Buffer,
  start: number,
  { decisionId, requestId }: CheckConnectionResponse,
  shared: Uint8Array,
): number {
  bytes.set(shared, start);
  const at = writeTextField(bytes, start + shared.length, TAG_DECISION_ID, decisionId);
  return writeTextField(bytes, at, TAG_REQUEST_ID, requestId);
}

function writeTextField(bytes: Buffer, start: number, tag: number, text: string): number {
  if (text === "") return start;
  bytes[start] = tag;
  const at = writeVarint(bytes, start + 1, Buffer.byteLength(text));
  return at + bytes.write(text, at, "utf8");
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes += 1;
  return bytes;
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let left = value;
  for (; left > 127; left >>>= 7) bytes[at++] = (left & 127) | 128;
  bytes[at] = left;
  return at + 1;
}
