import type { ServerDuplexStream } from "@grpc/grpc-js";

/** A stream that is being answered. */
export interface Answers {
  /**
   * `answered`: the caller has half-closed and has every answer, or has gone. `stopped`: what was
   * read before `stop` is answered. Rejects with what `answer` throws; earlier answers are written.
   */
  readonly done: Promise<"answered" | "stopped">;
  readonly stop: () => void;
}

/**
 * Answers what comes on a stream, one request at a time and in order. It reads the next only when
 * the answer is written and the caller takes answers, so that a caller who sends without reading
 * is held back by flow control instead of by our memory.
 */
export function answerInOrder<Request, Response>(
  call: ServerDuplexStream<Request, Response>,
  answer: (request: Request) => Response | Promise<Response>,
): Answers {
  let end: "answered" | "stopped" | undefined;
  let wake = (): void => undefined;
  const somethingHappens = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const endAs = (how: "answered" | "stopped"): void => {
    end ??= how;
    wake();
  };
  call.on("readable", () => {
    wake();
  });
  call.on("drain", () => {
    wake();
  });
  call.on("end", () => {
    endAs("answered");
  });
  call.on("cancelled", () => {
    endAs("answered");
  });

  async function answerAll(): Promise<"answered" | "stopped"> {
    for (;;) {
      const request = call.read() as Request | null;
      if (request === null) {
        if (end) return end;
        await somethingHappens();
        continue;
      }
      const response = answer(request);
      call.write(response instanceof Promise ? await response : response);
      while (call.writableNeedDrain && !end) await somethingHappens();
    }
  }

  return {
    done: answerAll(),
    stop: () => {
      endAs("stopped");
    },
  };
}
