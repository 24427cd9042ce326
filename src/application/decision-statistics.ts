import { invalidField } from "./errors.js";
import type { CountedPeriod, DecisionLog, HourCount, NamedCount } from "./ports/decision-log.js";

/** Names of one kind that are told, the most frequent. */
const MOST_NAMES = 1000;

/** Recorded decisions of a period, added up. */
export interface DecisionStatistics {
  readonly decided: number;
  readonly allowed: number;
  readonly durationUs: number;
  /** Absent when nothing was decided. */
  readonly lastTimeMs?: number;
  readonly byPolicyType: readonly NamedCount[];
  readonly byComponent: readonly NamedCount[];
  readonly byRequester: readonly NamedCount[];
  readonly byAnswer: readonly NamedCount[];
  /** Of each determining rule, as `policy/rule`. */
  readonly byRule: readonly NamedCount[];
  readonly hours: readonly HourCount[];
}

/** @throws {PdpError} REQUEST_INVALID, STORAGE_UNAVAILABLE. */
export type CountDecisions = (period: CountedPeriod) => Promise<DecisionStatistics>;

/** What was decided, counted: costs the same however many decisions there were. */
export function createDecisionStatistics(deps: {
  readonly decisionLog: Pick<DecisionLog, "countBy" | "countByHour">;
}): CountDecisions {
  const { decisionLog } = deps;
  return async (period) => {
    const { startTimeMs = -Infinity, endTimeMs = Infinity } = period;
    if (startTimeMs > endTimeMs) throw invalidField("end_time", "must not be before start_time");
    const [all, byPolicyType, byComponent, byRequester, byAnswer, byRule, hours] =
      await Promise.all([
        decisionLog.countBy("all", period, 1),
        decisionLog.countBy("policy_type", period, MOST_NAMES),
        decisionLog.countBy("component", period, MOST_NAMES),
        decisionLog.countBy("requester", period, MOST_NAMES),
        decisionLog.countBy("answer", period, MOST_NAMES),
        decisionLog.countBy("rule", period, MOST_NAMES),
        decisionLog.countByHour(period),
      ]);
    const [total] = all;
    return {
      ...{ decided: total?.decided ?? 0, allowed: total?.allowed ?? 0 },
      durationUs: total?.durationUs ?? 0,
      ...(total && { lastTimeMs: total.lastTimeMs }),
      ...{ byPolicyType, byComponent, byRequester, byAnswer, byRule, hours },
    };
  };
}
