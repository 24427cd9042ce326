import type { DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { PdpError } from "../../application/errors.js";
import type { PathBinding } from "./http-rule.js";
import { fieldNamed, isObject } from "./proto-json.js";

/**
 * Where an `If-Match` header goes in a request message: the field `etag`, of the message itself or of
 * its policy. Nowhere, in a message that has none, and for `*`.
 *
 * @throws {PdpError} REQUEST_INVALID for more than one etag.
 */
export function bindingOfIfMatch(
  input: DescMessage,
  header: string | undefined,
): readonly PathBinding[] {
  const path = etagPath(input);
  const text = path && etagOfHeader(header);
  return path && text !== undefined ? [{ fieldPath: path, text }] : [];
}

/**
 * The etag that `If-Match` asks for; undefined for any.
 *
 * @throws {PdpError} REQUEST_INVALID for more than one etag.
 * @see RFC 9110, section 13.1.1.
 */
export function etagOfHeader(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const [, quoted, bare] = /^\s*(?:"([^",]*)"|([^\s",]+))\s*$/.exec(header) ?? [];
  const text = quoted ?? bare;
  if (text !== undefined) return text;
  const violations = [{ field: "if-match", rule: 'must be one etag, such as "abc", or *' }];
  throw new PdpError({ reason: "REQUEST_INVALID", violations });
}

/** The `ETag` header of an answer that is a policy, or has one; undefined for any other. */
export function entityTagOf(json: JsonObject): string | undefined {
  const policy: JsonValue | undefined = json["policy"];
  const { etag } = isObject(policy) ? policy : json;
  return typeof etag === "string" && etag !== "" ? `"${etag}"` : undefined;
}

/** Where a request message has the etag; undefined where it has none. */
export function etagPath(input: DescMessage): readonly string[] | undefined {
  if (fieldNamed(input, "etag")) return ["etag"];
  const policy = fieldNamed(input, "policy");
  return policy?.fieldKind === "message" && fieldNamed(policy.message, "etag")
    ? ["policy", "etag"]
    : undefined;
}
