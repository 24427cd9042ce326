import { z } from "zod";
import type { EngineStatus } from "../../../application/engine-status.js";
import { COMPAT, type RestCompat } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";

const health = z.object({
  status: z.string().meta({ description: "healthy, degraded or unhealthy; ok for flopynet-1.0" }),
  timestamp: z.string(),
  version: z.int().meta({ description: "The policy version; 0 without a good set" }),
  policy: z.object({
    version: z.int(),
    loaded_at: z.string().nullable(),
    last_error: z.string().nullable(),
  }),
  storage: z.object({ last_error: z.string() }).optional(),
});

export const HEALTH_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "GET",
    path: "/health",
    origin: "documented",
    summary: "How the engine is: 503 without a good policy set",
    answer: health,
    handle: (_request, useCases) => {
      const status = useCases.status();
      return {
        status: status.state === "unhealthy" ? 503 : 200,
        json: healthJson(status, { nowMs: Date.now(), compat: useCases.compat }),
      };
    },
  }),
];

/** `GET /health`, as documented, with the policy that serves. */
function healthJson(
  status: EngineStatus,
  { nowMs, compat }: { readonly nowMs: number; readonly compat: RestCompat },
): z.input<typeof health> {
  const { state, policyVersion, loadedAtMs, lastError, storageError } = status;
  return {
    status: state === "unhealthy" ? state : COMPAT[compat][state],
    timestamp: new Date(nowMs).toISOString(),
    version: policyVersion,
    policy: {
      version: policyVersion,
      loaded_at: loadedAtMs === undefined ? null : new Date(loadedAtMs).toISOString(),
      last_error: lastError ?? null,
    },
    ...(storageError !== undefined && { storage: { last_error: storageError } }),
  };
}
