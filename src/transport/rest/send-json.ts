import type { ServerResponse } from "node:http";

/**
 * Answers with JSON, under the status and the headers that `response` has. Express's `json` asks the
 * app's settings, and parses and writes the content type again, for each answer.
 */
export function sendJson(
  response: ServerResponse,
  json: unknown,
  contentType = "application/json; charset=utf-8",
): void {
  sendJsonText(response, JSON.stringify(json), contentType);
}

/** The same with JSON as text. */
export function sendJsonText(
  response: ServerResponse,
  text: string,
  contentType = "application/json; charset=utf-8",
): void {
  response.setHeader("Content-Type", contentType);
  const length = Buffer.byteLength(text);
  response.setHeader("Content-Length", length);
  // Why: text of ASCII alone is the same bytes either way, and Latin-1 is written several times quicker.
  const encoding = length === text.length ? "latin1" : "utf8";
  response.end(text, encoding); // To HEAD, Node sends the headers only.
}
