import { z } from "zod";
import type { RestUseCases } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";

/** How the engine is, and with which settings. */
export const STATUS_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "GET",
    path: "/status",
    origin: "described",
    summary: "How the engine is, why, and what became of its decisions since it started",
    rpc: "MonitoringService.GetStatus",
    answer: z.looseObject({
      ...{ status: z.string(), reasons: z.array(z.string()), policy_version: z.int() },
      ...{ version: z.string(), uptime_seconds: z.number(), storage_bytes: z.int() },
      ...{ decided: z.int(), recorded: z.int(), pending: z.int(), dropped: z.looseObject({}) },
    }),
    handle: async (_request, { monitoring, engineVersion, startTimeMs }) => {
      const { state, policyVersion, storageBytes, ...counts } = await monitoring.status();
      return {
        json: {
          status: state,
          ...counts,
          policy_version: policyVersion,
          storage_bytes: storageBytes,
          version: engineVersion,
          uptime_seconds: (Date.now() - startTimeMs) / 1000,
        },
      };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/config",
    origin: "described",
    summary: "The settings in force, read only: change them where the engine is started",
    rpc: "MonitoringService.GetStatus",
    answer: z.object({ settings: z.looseObject({}) }),
    handle: (_request, { settings }) => ({ json: { settings: shown(settings) } }),
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/enforcement/status",
    origin: "documented",
    summary: "Who asked lately: the components whose checks were decided, with when and how",
    rpc: "MonitoringService.GetDecisionStatistics",
    answer: z.looseObject({
      ...{ status: z.string(), policy_version: z.int() },
      enforcement_points: z.array(
        z.looseObject({ component: z.string(), last_check: z.number(), checks: z.int() }),
      ),
    }),
    handle: async (_request, { monitoring, status }) => {
      const { byComponent } = await monitoring.countDecisions({});
      const { state, policyVersion } = status();
      return {
        json: {
          status: state === "unhealthy" ? "not enforcing" : "enforcing",
          policy_version: policyVersion,
          enforcement_points: byComponent.map(({ name, decided, allowed, lastTimeMs }) => ({
            component: name,
            ...{ checks: decided, allowed, denied: decided - allowed },
            last_check: lastTimeMs / 1000,
            last_check_iso: new Date(lastTimeMs).toISOString(),
          })),
        },
      };
    },
  }),
];

/** What would let somebody in is hidden. */
function shown(settings: RestUseCases["settings"]): object {
  const isSecret = (name: string): boolean => /SECRET|TOKEN|PASSWORD|PRIVATE/.test(name);
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, isSecret(name) ? "hidden" : value]),
  );
}
