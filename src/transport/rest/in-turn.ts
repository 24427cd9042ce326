import type { RequestHandler } from "express";

/**
 * One handler after the other, as one. Express reads the path anew for each handler that it is given
 * itself, which costs more than most of ours do.
 */
export function inTurn(handlers: readonly RequestHandler[]): RequestHandler {
  return (request, response, next) => {
    let turn = 0;
    const goOn = (error?: unknown): void => {
      const handler = error === undefined ? handlers[turn++] : undefined;
      if (handler) void handler(request, response, goOn);
      else next(error);
    };
    goOn();
  };
}
