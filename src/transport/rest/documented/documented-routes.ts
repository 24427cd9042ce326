import { type Request, type Response, Router } from "express";
import type { EngineStatus } from "../../application/engine-status.js";
import { invalidField } from "../../application/errors.js";
import type { PolicyCatalog } from "../../application/policy-catalog.js";
import type { EventFeed } from "../../application/subscribe-to-events.js";
import { eventJson, healthJson, policiesJson } from "./documented-shapes.js";

const MAX_EVENTS = 1000;

export interface DocumentedRoutesDeps {
  readonly status: () => EngineStatus;
  readonly policyCatalog: PolicyCatalog;
  readonly eventFeed: EventFeed;
  readonly compat: "documented" | "flopynet-1.0";
}

/** The endpoints that FLOPY-NET documents. Errors are thrown; the app answers `{"error": text}`. */
export function createDocumentedRoutes(deps: DocumentedRoutesDeps): Router {
  const { status, policyCatalog, eventFeed } = deps;
  const okWord = deps.compat === "documented" ? "healthy" : "ok";
  const router = Router({ caseSensitive: true, strict: true });

  router
    .route("/health")
    .get((_request, response) => {
      const current = status();
      response
        .status(current.state === "unhealthy" ? 503 : 200)
        .json(healthJson(current, { nowMs: Date.now(), okWord }));
    })
    .all(refuseMethod);

  router
    .route("/policies")
    .get((request, response) => {
      const includesDisabled = flagOf(request, "include_disabled");
      const policies = policyCatalog
        .all()
        .filter(({ policy }) => includesDisabled || policy.enabled);
      response.type("application/json").send(policiesJson(policies));
    })
    .all(refuseMethod);

  router
    .route("/policies/:id")
    .get((request, response) => {
      response.json(policyCatalog.get(request.params.id).document);
    })
    .all(refuseMethod);

  router
    .route("/events")
    .get((request, response) => {
      const sinceEventId = queryText(request, "since_event_id");
      const limit = limitOf(request);
      const { events, lastEventId } = eventFeed.recent({
        ...(sinceEventId !== undefined && { sinceEventId }),
        limit,
      });
      response.json({
        events: events.map(eventJson),
        total: events.length,
        last_event_id: lastEventId,
      });
    })
    .all(refuseMethod);

  return router;
}

function refuseMethod(request: Request, response: Response): void {
  response.set("Allow", "GET, HEAD");
  if (request.method === "OPTIONS") response.status(204).end();
  else response.status(405).json({ error: `${request.method} is not allowed here: use GET` });
}

function flagOf(request: Request, name: string): boolean {
  const text = queryText(request, name)?.toLowerCase() ?? "false";
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw invalidField(name, `must be true or false, got \`${text}\``);
}

function limitOf(request: Request): number {
  const text = queryText(request, "limit");
  if (text === undefined) return MAX_EVENTS;
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
    throw invalidField("limit", `must be a whole number of at least 1, got \`${text}\``);
  }
  return Math.min(Number(text), MAX_EVENTS);
}

/** Undefined when it is absent or empty. */
function queryText(request: Request, name: string): string | undefined {
  const value: unknown = request.query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw invalidField(name, "must be given once");
  return value;
}
