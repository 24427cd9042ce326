import type { MonitoredStatus, Monitoring } from "../application/monitoring.js";
import type { LoggedDecision } from "../application/ports/decision-log.js";
import {
  type Decision,
  EngineState,
  type GetStatusRequest,
  type GetStatusResponse,
  type ListDecisionsRequest,
  type ListDecisionsResponse,
} from "../gen/flopynet/policy/v1/monitoring_service.js";
import { checkAnswerToProto } from "./convert-decision.js";
import { timeFromProto } from "./convert-event.js";
import { structFromValues } from "./convert-struct.js";
import type { ServiceHandlers } from "./rpc.js";

const STATE = {
  healthy: EngineState.ENGINE_STATE_HEALTHY,
  degraded: EngineState.ENGINE_STATE_DEGRADED,
  unhealthy: EngineState.ENGINE_STATE_UNHEALTHY,
} as const satisfies Record<MonitoredStatus["state"], EngineState>;

/** `flopynet.policy.v1.MonitoringService`. */
export function createMonitoringHandlers(monitoring: Monitoring): ServiceHandlers {
  return {
    listDecisions: {
      kind: "unary",
      handle: async (request: ListDecisionsRequest): Promise<ListDecisionsResponse> => {
        const { allowed, clientId, policyId, ruleId, policyType, pageSize, pageToken } = request;
        const startTimeMs = timeFromProto("start_time", request.startTime);
        const endTimeMs = timeFromProto("end_time", request.endTime);
        const { decisions, nextPageToken } = await monitoring.listDecisions({
          ...(startTimeMs !== undefined && { startTimeMs }),
          ...(endTimeMs !== undefined && { endTimeMs }),
          ...(allowed !== undefined && { allowed }),
          ...{ clientId, policyId, ruleId, policyType, pageSize, pageToken },
        });
        return { decisions: decisions.map(decisionToProto), nextPageToken };
      },
    },
    getStatus: {
      kind: "unary",
      handle: async (_request: GetStatusRequest): Promise<GetStatusResponse> =>
        statusToProto(await monitoring.status()),
    },
  };
}

function decisionToProto(logged: LoggedDecision): Decision {
  return {
    decisionId: logged.decisionId,
    time: new Date(logged.timeMs),
    policyType: logged.policyType,
    request: structFromValues(logged.attributes),
    response: checkAnswerToProto(logged),
    latencyUs: String(Math.max(0, Math.round(logged.durationMs * 1000))),
    redacted: logged.redacted,
  };
}

function statusToProto(status: MonitoredStatus): GetStatusResponse {
  return {
    state: STATE[status.state],
    reasons: [...status.reasons],
    policyVersion: String(status.policyVersion),
    storageBytes: String(status.storageBytes),
    decided: String(status.decided),
    recorded: String(status.recorded),
    dropped: Object.fromEntries(
      Object.entries(status.dropped).map(([cause, count]) => [cause, String(count)]),
    ),
    pending: String(status.pending),
  };
}
