import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Response } from "express";
import { madeOnce } from "../made-once.js";
import type { StreamSink } from "../rpc.js";
import type { HttpCall } from "./call.js";
import type { StreamFormat } from "./event-stream.js";
import type { Rpc } from "./rpc-binding.js";

/** How one route writes its messages. */
export interface StreamWriter {
  readonly format: StreamFormat;
  /** One message, complete. */
  frame(message: never): string;
}

/**
 * Writes the messages of a route in a format.
 *
 * INVARIANT (encoded once): subscribers that get the same message object share its text, where they
 * share the writer.
 */
export function createStreamWriter(
  format: StreamFormat,
  rpc: Rpc,
  part: (json: JsonObject) => JsonValue,
): StreamWriter {
  const frame = madeOnce((message: object) =>
    format.frame(rpc.name, part(rpc.responseJson(message as never))),
  );
  return { format, frame };
}

/**
 * Answers with a server stream. The status is decided by what comes first, a message or a failure;
 * a failure before it is thrown with nothing sent.
 */
export async function answerStream(
  response: Response,
  writer: StreamWriter,
  call: HttpCall,
  run: (sink: StreamSink<never>) => Promise<void>,
): Promise<void> {
  const begin = (): void => {
    if (response.headersSent) return;
    response.setHeader("Content-Type", writer.format.contentType);
    // Proxies, and our own compression, must not hold events back.
    response.setHeader("Cache-Control", "no-store, no-transform");
    response.setHeader("X-Accel-Buffering", "no");
    response.req.socket.setTimeout(0); // A stream may be silent for as long as nothing happens.
    response.flushHeaders();
  };
  if (response.req.method === "HEAD") {
    begin();
    response.end();
    return;
  }
  await call.unlessAborted(
    run({
      write: (message) => {
        begin();
        return response.write(writer.frame(message));
      },
      onDrain: (listener) => {
        response.on("drain", listener);
      },
    }),
  );
  begin();
  response.end();
}
