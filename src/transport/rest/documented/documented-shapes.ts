import type { EngineStatus } from "../../application/engine-status.js";
import type { CatalogPolicy } from "../../application/policy-catalog.js";
import type { StoredEvent } from "../../application/ports/event-log.js";

/** `GET /health`, as documented, with the policy that serves. */
export function healthJson(
  status: EngineStatus,
  { nowMs, okWord }: { readonly nowMs: number; readonly okWord: "healthy" | "ok" },
): object {
  const { state, policyVersion, loadedAtMs, lastError, storageError } = status;
  const isCompatible = okWord === "ok" && state !== "unhealthy";
  return {
    status: isCompatible ? okWord : state,
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

/**
 * `GET /policies`: `{"policies": {id: policy}}` in the given order.
 *
 * Text and not an object: a JavaScript object puts keys that look like numbers first, and clients
 * take the first policy that matches.
 */
export function policiesJson(policies: readonly CatalogPolicy[]): string {
  const entries = policies.map(
    ({ policy, document }) => `${JSON.stringify(policy.id)}:${JSON.stringify(document)}`,
  );
  return `{"policies":{${entries.join(",")}}}`;
}

/** One event of `GET /events`, under the documented names and those that FLOPY-NET's clients read. */
export function eventJson(event: StoredEvent): object {
  return {
    event_id: event.eventId,
    id: event.eventId,
    sequence: event.sequence,
    timestamp: microsecondTime(event.timestampMs),
    source_component: event.sourceComponent,
    source: event.sourceComponent,
    event_type: event.eventType,
    type: event.eventType,
    severity: event.severity.toUpperCase(),
    ...(event.policyVersion !== undefined && { policy_version: event.policyVersion }),
    ...(event.policyId !== undefined && { policy_id: event.policyId }),
    ...(event.clientId !== undefined && { client_id: event.clientId }),
    ...(event.decisionId !== undefined && { decision_id: event.decisionId }),
    details: event.details,
  };
}

// Why not toISOString: before Python 3.11 `datetime.fromisoformat` takes neither `Z` nor three digits.
function microsecondTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000+00:00");
}
