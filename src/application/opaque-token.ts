import { hashOf } from "./query-hash.js";

/**
 * Where a list or a log goes on, as a text that callers need not understand. One that was cut or
 * changed is refused instead of going on somewhere else; it is no secret.
 *
 * @param place - Its first part should say which form it has, so that a later one can be told from it.
 */
export function tokenOf(place: string): string {
  return Buffer.from(`${hashOf(place)}:${place}`).toString("base64url");
}

/** What `tokenOf` was given; undefined for any other text. */
export function placeOf(token: string): string | undefined {
  const text = Buffer.from(token, "base64url").toString();
  const place = text.slice(text.indexOf(":") + 1);
  return tokenOf(place) === token ? place : undefined;
}
