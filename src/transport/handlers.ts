import type { AccessControl } from "../application/access-control.js";
import type { RecordedDecisionPoint } from "../application/answer-when-recorded.js";
import type { AnalyzePolicyImpact } from "../application/analyze-policy-impact.js";
import type { PolicyChanges } from "../application/change-policy.js";
import type { Monitoring } from "../application/monitoring.js";
import type { PolicyCatalog } from "../application/policy-catalog.js";
import type { PublishEvent } from "../application/publish-event.js";
import type { PolicyVersions } from "../application/policy-versions.js";
import type { PolicyValidation } from "../application/validate-policies.js";
import type { EventFeed } from "../application/subscribe-to-events.js";
import { createDecisionHandlers } from "./decision-handlers.js";
import { createEventHandlers } from "./event-handlers.js";
import { createMonitoringHandlers } from "./monitoring-handlers.js";
import { createPolicyAdminHandlers } from "./policy-admin-handlers.js";
import {
  createPolicyChangeHandlers,
  createPolicyVersionHandlers,
} from "./policy-change-handlers.js";
import { createPolicyImpactHandlers } from "./policy-impact-handlers.js";
import { createTrustHandlers, type TrustUseCases } from "./trust-handlers.js";
import type { CallContext, ServiceHandlers, StreamSink } from "./rpc.js";

export interface HandlersDeps {
  readonly decisionPoint: RecordedDecisionPoint;
  readonly eventFeed: EventFeed;
  readonly publishEvent: PublishEvent;
  readonly policyCatalog: PolicyCatalog;
  readonly policyValidation: PolicyValidation;
  readonly policyChanges: PolicyChanges;
  readonly policyVersions: PolicyVersions;
  readonly analyzePolicyImpact: AnalyzePolicyImpact;
  readonly trust: TrustUseCases;
  readonly monitoring: Monitoring;
  readonly accessControl: AccessControl;
}

/** The handlers of every service by its full name, each behind the access table. */
export type HandlersByService = Readonly<Record<ServiceName, ServiceHandlers>>;

export type ServiceName = `flopynet.policy.v1.${
  | "PolicyDecisionService"
  | "EventService"
  | "PolicyAdminService"
  | "TrustService"
  | "MonitoringService"}`;

/** One set for all transports: gRPC and REST call the same functions. */
export function createHandlers(deps: HandlersDeps): HandlersByService {
  const behind = (service: string, handlers: ServiceHandlers): ServiceHandlers =>
    guarded(service, handlers, deps.accessControl);
  return {
    "flopynet.policy.v1.PolicyDecisionService": behind(
      "PolicyDecisionService",
      createDecisionHandlers(deps.decisionPoint),
    ),
    "flopynet.policy.v1.EventService": behind(
      "EventService",
      createEventHandlers(deps.eventFeed, deps.publishEvent),
    ),
    "flopynet.policy.v1.PolicyAdminService": behind("PolicyAdminService", {
      ...createPolicyAdminHandlers(deps.policyCatalog, deps.policyValidation, deps.policyVersions),
      ...createPolicyChangeHandlers(deps.policyChanges),
      ...createPolicyVersionHandlers(deps.policyVersions),
      ...createPolicyImpactHandlers(deps.analyzePolicyImpact),
    }),
    "flopynet.policy.v1.TrustService": behind("TrustService", createTrustHandlers(deps.trust)),
    "flopynet.policy.v1.MonitoringService": behind(
      "MonitoringService",
      createMonitoringHandlers(deps.monitoring),
    ),
  };
}

function guarded(
  service: string,
  handlers: ServiceHandlers,
  accessControl: AccessControl,
): ServiceHandlers {
  return Object.fromEntries(
    Object.entries(handlers).map(([method, handler]) => {
      const rpc = `${service}.${method.charAt(0).toUpperCase()}${method.slice(1)}`;
      const admit = (call: CallContext): void => {
        accessControl.check(rpc, call);
      };
      return [method, behindCheck(handler, admit)];
    }),
  );
}

type Handler = ServiceHandlers[string];

function behindCheck(handler: Handler, admit: (call: CallContext) => void): Handler {
  if (handler.kind === "server-stream") {
    const { kind, handle } = handler;
    return {
      kind,
      handle: async (request: never, call: CallContext, sink: StreamSink<never>) => {
        admit(call);
        await handle(request, call, sink);
      },
    };
  }
  const { kind, handle } = handler;
  return {
    kind,
    handle: (request: never, call: CallContext) => {
      admit(call);
      return handle(request, call);
    },
  };
}
