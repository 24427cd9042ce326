/** Whether the engine decides, and with what. */
export interface EngineStatus {
  /**
   * `degraded`: the last load failed and the last good set serves, or nothing can be stored.
   * `unhealthy`: there is no set.
   */
  readonly state: "healthy" | "degraded" | "unhealthy";
  /** Version of the active set; 0 without one. */
  readonly policyVersion: number;
  /** When the active set was loaded; absent without one. */
  readonly loadedAtMs?: number;
  /** Why the last load failed, with the places; absent when it succeeded. */
  readonly lastError?: string;
  /** Why nothing can be stored; absent while it can. */
  readonly storageError?: string;
}

/** @param storageError - Undefined while writes work. */
export function withStorage(status: EngineStatus, storageError: string | undefined): EngineStatus {
  if (storageError === undefined) return status;
  const state = status.state === "unhealthy" ? "unhealthy" : "degraded";
  return { ...status, state, storageError };
}
