import type { EngineStatus } from "../../application/engine-status.js";
import type { PolicyFunctions } from "../../application/policy-functions.js";
import type { Log } from "../../application/ports/log.js";
import type { HandlersDeps } from "../handlers.js";

/** What `REST_COMPAT` can be. */
export type RestCompat = "documented" | "flopynet-1.0";

/** THE table: everything that `REST_COMPAT` changes. */
export const COMPAT: Readonly<
  Record<
    RestCompat,
    {
      /** `status` of `/health` while the engine decides; `degraded` has a word of its own or not. */
      readonly healthy: string;
      readonly degraded: string;
      /** `Access-Control-Allow-Origin: *` on GET. */
      readonly anyOriginMayGet: boolean;
    }
  >
> = {
  documented: { healthy: "healthy", degraded: "degraded", anyOriginMayGet: false },
  "flopynet-1.0": { healthy: "ok", degraded: "ok", anyOriginMayGet: true },
};

/** What families 1 and 2 are views of: the use cases behind every RPC, and how the engine is. */
export interface RestUseCases extends HandlersDeps {
  readonly status: () => EngineStatus;
  readonly policyFunctions: PolicyFunctions;
  readonly compat: RestCompat;
  readonly log: Log;
  readonly engineVersion: string;
  readonly startTimeMs: number;
  /** What is in force, by the names of the settings. */
  readonly settings: Readonly<Record<string, unknown>>;
}
