import { PdpError } from "./errors.js";

/** Does work, unless as much is done already as may be. @throws {PdpError} OVERLOADED. */
export type AtMostAtOnce = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * For work that costs seconds, which checks must share.
 *
 * @param what - The work, in the plural.
 */
export function atMostAtOnce(limit: number, what: string): AtMostAtOnce {
  let running = 0;
  return async (work) => {
    if (running >= limit) throw new PdpError({ reason: "OVERLOADED", what, limit });
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
}
