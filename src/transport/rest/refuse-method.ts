import type { Request, Response } from "express";
import { httpProblem, RequestRefused } from "./problem.js";

/** Answers whatever is not GET or HEAD: OPTIONS with what is allowed, any other with 405. */
export function refuseOtherThanGet(request: Request, response: Response): void {
  response.set("Allow", "GET, HEAD");
  if (request.method !== "OPTIONS") {
    throw new RequestRefused(httpProblem(405, `${request.method} is not allowed here: use GET`));
  }
  response.status(204).end();
}
