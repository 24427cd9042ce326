/** Whether the engine decides, and with what. */
export interface EngineStatus {
  /** `degraded`: the last load failed and the last good set serves. `unhealthy`: there is no set. */
  readonly state: "healthy" | "degraded" | "unhealthy";
  /** Version of the active set; 0 without one. */
  readonly policyVersion: number;
  /** When the active set was loaded; absent without one. */
  readonly loadedAtMs?: number;
  /** Why the last load failed, with the places; absent when it succeeded. */
  readonly lastError?: string;
}
