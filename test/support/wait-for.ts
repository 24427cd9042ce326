import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 20;

/**
 * Polls `probe` until it gives something other than undefined or false.
 *
 * @throws {Error} After `timeoutMs`, with `what` and the last error of `probe`.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      lastError = error;
    }
    await delay(POLL_MS);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: lastError });
}
