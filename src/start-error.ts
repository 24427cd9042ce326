import { DataDirError } from "./adapters/sqlite/data-dir-lock.js";
import { PdpError } from "./application/errors.js";

/** Starting failed in a way that a reload of policy cannot mend. The message says how to mend it. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** What the operator can mend, as a StartError; anything else as it is. */
export function startErrorOf(error: unknown): unknown {
  if (error instanceof DataDirError) return new StartError(error.message, { cause: error });
  return error instanceof PdpError ? startErrorOfStorage(error) : error;
}

export function startErrorOfStorage(error: PdpError): StartError {
  const { failure } = error;
  // Not the failure's own words: they send the reader to the log, where this is going to stand.
  const what =
    failure.reason === "STORAGE_UNAVAILABLE" ? `${failure.what} cannot be stored` : error.message;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return new StartError(`${what}${cause}: check DATA_DIR`, { cause: error });
}
