import type { Response } from "express";
import type { CallContext, StreamSink } from "../rpc.js";
import { unlessAborted } from "./call.js";
import type { StreamFormat } from "./event-stream.js";
import type { Rpc } from "./rpc-binding.js";

// INVARIANT (encoded once): subscribers that get the same message object share its text.
const frames = new WeakMap<StreamFormat, WeakMap<object, string>>();

/**
 * Answers with a server stream. The status is decided by what comes first, a message or a failure;
 * a failure before it is thrown with nothing sent.
 */
export async function answerStream(
  response: Response,
  rpc: Rpc,
  format: StreamFormat,
  call: CallContext,
  run: (sink: StreamSink<never>) => Promise<void>,
): Promise<void> {
  const begin = (): void => {
    if (response.headersSent) return;
    response.setHeader("Content-Type", format.contentType);
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
  await unlessAborted(
    call.signal,
    run({
      write: (message) => {
        begin();
        return response.write(frameOf(rpc, format, message));
      },
      onDrain: (listener) => {
        response.on("drain", listener);
      },
    }),
  );
  begin();
  response.end();
}

function frameOf(rpc: Rpc, format: StreamFormat, message: never): string {
  const known = frames.get(format) ?? new WeakMap<object, string>();
  frames.set(format, known);
  const text = known.get(message) ?? format.frame(rpc.name, rpc.responseJson(message));
  known.set(message, text);
  return text;
}
