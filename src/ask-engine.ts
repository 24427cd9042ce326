import { EngineError } from "./adapters/engine-client/engine-client.js";

/**
 * Runs the part of a command that asks a running engine, and closes its client whatever happens. What
 * the engine refuses is one line on standard error.
 *
 * @returns The exit code: that of `work`, or 1.
 */
export async function askEngine<Client extends { close(): void }>(
  client: Client,
  writeError: (text: string) => void,
  work: (client: Client) => Promise<number>,
): Promise<number> {
  try {
    return await work(client);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    writeError(error.message);
    return 1;
  } finally {
    client.close();
  }
}
