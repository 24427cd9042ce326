import type { MonitoredStatus, Monitoring } from "../application/monitoring.js";
import type { DecisionStatistics } from "../application/decision-statistics.js";
import type { LoggedDecision, NamedCount } from "../application/ports/decision-log.js";
import {
  type Decision,
  type DecisionCount,
  EngineState,
  type GetDecisionRequest,
  type GetDecisionResponse,
  type GetDecisionStatisticsRequest,
  type GetDecisionStatisticsResponse,
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
    getDecision: {
      kind: "unary",
      handle: async ({ decisionId }: GetDecisionRequest): Promise<GetDecisionResponse> => ({
        decision: decisionToProto(await monitoring.getDecision(decisionId)),
      }),
    },
    getDecisionStatistics: {
      kind: "unary",
      handle: async (
        request: GetDecisionStatisticsRequest,
      ): Promise<GetDecisionStatisticsResponse> => {
        const startTimeMs = timeFromProto("start_time", request.startTime);
        const endTimeMs = timeFromProto("end_time", request.endTime);
        const statistics = await monitoring.countDecisions({
          ...(startTimeMs !== undefined && { startTimeMs }),
          ...(endTimeMs !== undefined && { endTimeMs }),
        });
        return statisticsToProto(statistics);
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

function statisticsToProto(statistics: DecisionStatistics): GetDecisionStatisticsResponse {
  const { decided, allowed, durationUs, lastTimeMs } = statistics;
  return {
    ...{ decided: String(decided), allowed: String(allowed), latencyUs: String(durationUs) },
    ...(lastTimeMs !== undefined && { lastTime: new Date(lastTimeMs) }),
    byPolicyType: statistics.byPolicyType.map(countToProto),
    byComponent: statistics.byComponent.map(countToProto),
    byRequester: statistics.byRequester.map(countToProto),
    byAnswer: statistics.byAnswer.map(countToProto),
    byRule: statistics.byRule.map(countToProto),
    hours: statistics.hours.map((hour) => ({
      startTime: new Date(hour.startMs),
      ...{ decided: String(hour.decided), allowed: String(hour.allowed) },
      latencyUs: String(hour.durationUs),
      requesters: hour.requesters,
    })),
  };
}

function countToProto(count: NamedCount): DecisionCount {
  return {
    name: count.name,
    ...{ decided: String(count.decided), allowed: String(count.allowed) },
    latencyUs: String(count.durationUs),
    lastTime: new Date(count.lastTimeMs),
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
