import { PolicyDecisionServiceService } from "../gen/flopynet/policy/v1/decision_service.js";
import { EventServiceService } from "../gen/flopynet/policy/v1/event_service.js";
import { MonitoringServiceService } from "../gen/flopynet/policy/v1/monitoring_service.js";
import { PolicyAdminServiceService } from "../gen/flopynet/policy/v1/policy_admin_service.js";
import { TrustServiceService } from "../gen/flopynet/policy/v1/trust_service.js";
import type { ServiceName } from "./handlers.js";

/** What is served, by gRPC and by REST alike. */
export const SERVICE_DEFINITIONS = {
  "flopynet.policy.v1.PolicyDecisionService": PolicyDecisionServiceService,
  "flopynet.policy.v1.EventService": EventServiceService,
  "flopynet.policy.v1.PolicyAdminService": PolicyAdminServiceService,
  "flopynet.policy.v1.TrustService": TrustServiceService,
  "flopynet.policy.v1.MonitoringService": MonitoringServiceService,
} as const satisfies Readonly<Record<ServiceName, object>>;
