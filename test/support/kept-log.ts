import type { Log } from "../../src/application/ports/log.js";

/** A log that keeps its lines for the test. */
export function createKeptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (_facts: object, message: string): void => {
    lines.push(message);
  };
  return { lines, debug: keep, info: keep, warn: keep, error: keep };
}
