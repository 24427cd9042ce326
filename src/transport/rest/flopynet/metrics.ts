import { z } from "zod";
import { timeParameter } from "../query-schemas.js";
import type { RestUseCases } from "../rest-use-cases.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";
import { knownPolicies } from "./views/known-policies.js";
import {
  averageMs,
  byNameJson,
  hourJson,
  namesOf,
  rulePerformanceJson,
  totalsJson,
} from "./views/statistics.js";

const STATISTICS = "MonitoringService.GetDecisionStatistics";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const period = z.object({ start_time: timeParameter, end_time: timeParameter });
type Period = z.output<typeof period>;
const count = z.int().min(0);
const totals = {
  ...{ policy_checks_total: count, policy_checks_allowed: count, policy_checks_denied: count },
};
const sets = { policy_count: count, enabled_policy_count: count, policy_version: count };

/** Counts of recorded decisions: kept with them, and so the same after a restart. */
export const METRIC_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "GET",
    path: "/metrics",
    origin: "served",
    summary: "Figures of the engine as JSON; Prometheus text is on METRICS_PORT",
    rpc: STATISTICS,
    answer: z.looseObject({ version: z.string(), uptime_seconds: z.number(), ...sets, ...totals }),
    handle: async (_request, useCases) => {
      const statistics = await useCases.monitoring.countDecisions({});
      const { byComponent, byPolicyType, byRequester, lastTimeMs, decided } = statistics;
      return {
        json: {
          version: useCases.engineVersion,
          uptime_seconds: uptimeS(useCases),
          ...setJson(useCases),
          policy_history_count: await changesMade(useCases),
          policy_applications_count: decided,
          ...totalsJson(statistics),
          policy_components: namesOf(byComponent),
          policy_types: namesOf(byPolicyType),
          policy_requesters: namesOf(byRequester),
          latest_application_timestamp: lastTimeMs === undefined ? null : lastTimeMs / 1000,
        },
      };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/metrics",
    origin: "served",
    summary: "Figures of policies and decisions",
    rpc: STATISTICS,
    answer: z.looseObject({
      ...{ uptime_seconds: z.number(), ...sets, ...totals },
      ...{ avg_decision_time_ms: z.number(), average_decision_time_ms: z.number() },
    }),
    handle: async (_request, useCases) => {
      const { monitoring } = useCases;
      const statistics = await monitoring.countDecisions({});
      const lastHour = await monitoring.countDecisions({ startTimeMs: Date.now() - HOUR_MS });
      return {
        json: {
          ...setJson(useCases),
          history_event_count: await changesMade(useCases),
          function_count: (await useCases.policyFunctions.list()).length,
          uptime_seconds: uptimeS(useCases),
          ...totalsJson(statistics),
          decisions_last_hour_total: lastHour.decided,
          decisions_last_hour_allowed: lastHour.allowed,
          decisions_last_hour_denied: lastHour.decided - lastHour.allowed,
          avg_decision_time_ms: averageMs(statistics),
          average_decision_time_ms: averageMs(statistics),
          decisions_history_count: statistics.decided,
        },
      };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/policy_metrics",
    origin: "served",
    summary:
      "One point for each hour in which anything was decided; the last 24 hours unless asked",
    rpc: STATISTICS,
    query: period,
    answer: z.object({
      metrics: z.array(
        z.looseObject({
          ...{ timestamp: z.number(), iso_time: z.string(), total_evaluations: count },
          ...{ allowed_count: count, denied_count: count, denial_rate: z.number() },
          ...{ success_rate: z.number(), avg_evaluation_time_ms: z.number() },
          ...{ policies_active: count, unique_requesters: count },
        }),
      ),
    }),
    handle: async ({ query }, useCases) => {
      const { hours } = await useCases.monitoring.countDecisions(periodOf(query));
      const { enabled_policy_count: active } = setJson(useCases);
      return { json: { metrics: hours.map((hour) => hourJson(hour, active)) } };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/policy_statistics",
    origin: "served",
    summary: "Decisions by component, policy type and requester",
    rpc: STATISTICS,
    answer: z.looseObject({
      ...{ total_checks: count, allowed_checks: count, denied_checks: count },
      by_component: z.looseObject({}),
      by_policy_type: z.looseObject({}),
      by_requester: z.looseObject({}),
    }),
    handle: async (_request, { monitoring }) => {
      const statistics = await monitoring.countDecisions({});
      const { decided, allowed, byComponent, byPolicyType, byRequester } = statistics;
      return {
        json: {
          ...{ total_checks: decided, allowed_checks: allowed, denied_checks: decided - allowed },
          by_component: byNameJson(byComponent),
          by_policy_type: byNameJson(byPolicyType),
          by_requester: byNameJson(byRequester),
        },
      };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/analytics/rule_performance",
    origin: "called",
    summary: "Decisions by the rules that determined them, the most frequent first",
    rpc: STATISTICS,
    query: period,
    answer: z.looseObject({ rules: z.array(z.looseObject({})), total_rules: count }),
    handle: async ({ query }, { monitoring }) => {
      const { byRule } = await monitoring.countDecisions(
        query.start_time === undefined ? {} : periodOf(query),
      );
      return { json: { rules: rulePerformanceJson(byRule), total_rules: byRule.length } };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/analytics/decision_patterns",
    origin: "called",
    summary: "Decisions by hour of the day, policy type, component and answer",
    rpc: STATISTICS,
    query: period,
    answer: z.looseObject({
      ...{ total_decisions: count, allowed: count, denied: count },
      by_hour_of_day: z.array(z.looseObject({ hour: z.int(), total: count })),
    }),
    handle: async ({ query }, { monitoring }) => {
      const statistics = await monitoring.countDecisions(periodOf(query));
      const { decided, allowed, byPolicyType, byComponent, byAnswer, hours } = statistics;
      return {
        json: {
          ...{ total_decisions: decided, allowed, denied: decided - allowed },
          denial_rate: decided === 0 ? 0 : (100 * (decided - allowed)) / decided,
          by_hour_of_day: hoursOfDay(hours),
          by_policy_type: byNameJson(byPolicyType),
          by_component: byNameJson(byComponent),
          by_answer: byNameJson(byAnswer),
        },
      };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/policies/performance",
    origin: "documented",
    summary: "How complex each policy is, and what its rules decided",
    rpc: STATISTICS,
    answer: z.looseObject({
      policies: z.array(
        z.looseObject({
          ...{ policy_id: z.string(), rule_count: count, conditions: count, decisions: count },
        }),
      ),
      average_decision_time_ms: z.number(),
    }),
    handle: async (_request, { monitoring, policyCatalog }) => {
      const statistics = await monitoring.countDecisions({});
      const rules = rulePerformanceJson(statistics.byRule) as readonly RulePerformance[];
      return {
        json: {
          average_decision_time_ms: averageMs(statistics),
          total_decisions: statistics.decided,
          policies: policyCatalog.all().map(({ policy }) => {
            const own = rules.filter((rule) => rule.policy_id === policy.id);
            const decisions = sum(own.map((rule) => rule.decisions));
            const timeMs = sum(own.map((rule) => rule.decisions * rule.avg_evaluation_time_ms));
            return {
              policy_id: policy.id,
              ...{ name: policy.name, type: policy.type, enabled: policy.enabled },
              rule_count: policy.rules.length,
              conditions: policy.rules.filter(({ condition }) => condition).length,
              decisions,
              denied: sum(own.map((rule) => rule.denied)),
              avg_evaluation_time_ms: decisions === 0 ? 0 : timeMs / decisions,
              rules: own,
            };
          }),
        },
      };
    },
  }),
];

interface RulePerformance {
  readonly policy_id: string;
  readonly decisions: number;
  readonly denied: number;
  readonly avg_evaluation_time_ms: number;
}

function periodOf({ start_time, end_time }: Period) {
  return {
    startTimeMs: start_time ?? (end_time ?? Date.now()) - DAY_MS,
    ...(end_time !== undefined && { endTimeMs: end_time }),
  };
}

function setJson({ policyCatalog, status }: RestUseCases) {
  const policies = [...knownPolicies(policyCatalog).values()];
  return {
    policy_count: policies.length,
    enabled_policy_count: policies.filter(({ policy }) => policy.enabled).length,
    policy_version: status().policyVersion,
  };
}

/** Versions after the first, as far as the newest 1,000 tell. */
async function changesMade({ policyVersions }: RestUseCases): Promise<number> {
  const { versions } = await policyVersions.list({ pageSize: 1000, pageToken: "" });
  return Math.max(0, versions.length - 1);
}

function uptimeS({ startTimeMs }: RestUseCases): number {
  return (Date.now() - startTimeMs) / 1000;
}

function hoursOfDay(
  hours: readonly {
    readonly startMs: number;
    readonly decided: number;
    readonly allowed: number;
  }[],
): readonly object[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const own = hours.filter(({ startMs }) => new Date(startMs).getUTCHours() === hour);
    const total = sum(own.map(({ decided }) => decided));
    const allowed = sum(own.map((one) => one.allowed));
    return { hour, total, allowed, denied: total - allowed };
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
