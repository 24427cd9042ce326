import type { JsonValue } from "@bufbuild/protobuf";
import type { Problem } from "./problem.js";
import { isObject } from "./proto-json.js";

const STREAM_EVENTS = "flopynet.policy.v1.EventService.StreamEvents";

/** How the messages of a server stream are written into one HTTP response. */
export interface StreamFormat {
  readonly contentType: string;
  /** One message; complete, so that it can be written as it is. */
  frame(method: string, message: JsonValue): string;
  /** The end of a stream that failed after it began. */
  problem(problem: Problem): string;
}

/**
 * Server-Sent Events. Of StreamEvents, `id` is the cursor, which a browser sends back as
 * `Last-Event-ID` when it reconnects; a bookmark is an `id` without data, which moves the cursor and
 * dispatches nothing. A failure is an event `problem`: `error` is the browser's own.
 */
const serverSentEvents: StreamFormat = {
  contentType: "text/event-stream",
  frame(method, message) {
    const data = `data: ${JSON.stringify(message)}\n\n`;
    if (method !== STREAM_EVENTS || !isObject(message)) return data;
    const { cursor, events, lost } = message;
    const id = `id: ${typeof cursor === "string" ? cursor : ""}\n`;
    const isBookmark = Array.isArray(events) && events.length === 0 && lost === undefined;
    return isBookmark ? `${id}\n` : `${id}${data}`;
  },
  problem: (problem) => `event: problem\ndata: ${JSON.stringify(problem)}\n\n`,
};

/** One JSON document per line; of a failure the last line is `{"error": problem}`. */
function jsonLines(contentType: string): StreamFormat {
  return {
    contentType,
    frame: (_method, message) => `${JSON.stringify(message)}\n`,
    problem: (problem) => `${JSON.stringify({ error: problem })}\n`,
  };
}

/** Every format of a stream; the first is for a caller who does not mind. */
export const STREAM_FORMATS: readonly StreamFormat[] = [
  serverSentEvents,
  jsonLines("application/x-ndjson"),
  jsonLines("application/json"),
];

/** The query of a call, with the cursor a reconnecting browser sends: it beats `after_cursor`. */
export function withLastEventId(
  method: string,
  query: URLSearchParams,
  lastEventId: string | undefined,
): URLSearchParams {
  if (method !== STREAM_EVENTS || lastEventId === undefined || lastEventId === "") return query;
  query.delete("afterCursor");
  query.set("after_cursor", lastEventId);
  return query;
}
