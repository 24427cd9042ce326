import type {
  DecisionLog,
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "../../application/ports/decision-log.js";
import { createMemoryDecisionCounts } from "./decision-counts.js";

interface Kept extends DecisionPosition {
  readonly logged: LoggedDecision;
}

/** The newest `capacity` decisions, in this process only. */
export function createMemoryDecisionLog({
  capacity = 10_000,
}: {
  /** At least 1. */
  readonly capacity?: number;
} = {}): DecisionLog {
  let kept: Kept[] = [];
  let recorded = 0;
  const counts = createMemoryDecisionCounts();

  function append(logged: LoggedDecision): void {
    recorded += 1;
    kept.push({ timeMs: logged.timeMs, position: recorded, logged });
    counts.add(logged);
    // Twice the size, so that the array is not moved for every decision.
    if (kept.length > 2 * capacity) kept = kept.slice(-capacity);
  }

  return {
    append,
    appendDurably(decision) {
      append(decision);
      return Promise.resolve();
    },
    list(query) {
      const found = kept
        .slice(-capacity)
        .filter((one) => matches(query, one))
        .sort((a, b) => b.timeMs - a.timeMs || b.position - a.position);
      const page = found.slice(0, query.limit);
      const last = page.at(-1);
      const decisions = page.map(({ logged }) => logged);
      return Promise.resolve(
        last && found.length > page.length
          ? { decisions, next: { timeMs: last.timeMs, position: last.position } }
          : { decisions },
      );
    },
    counts: () => ({ recorded, pending: 0, dropped: { overload: 0, storage_unavailable: 0 } }),
    countBy: counts.countBy,
    countByHour: counts.countByHour,
  };
}

function matches(query: DecisionQuery, { logged, timeMs, position }: Kept): boolean {
  const { startTimeMs = -Infinity, endTimeMs = Infinity, allowed, after } = query;
  const { clientId, policyType, decision } = logged;
  const isBelow =
    !after || timeMs < after.timeMs || (timeMs === after.timeMs && position < after.position);
  return (
    isBelow &&
    timeMs >= startTimeMs &&
    timeMs < endTimeMs &&
    (allowed === undefined || allowed === decision.allowed) &&
    isAsked(query.clientId, clientId) &&
    isAsked(query.policyType, policyType) &&
    isOfRule(query, logged)
  );
}

function isOfRule({ policyId, ruleId }: DecisionQuery, { decision }: LoggedDecision): boolean {
  if (policyId === "" && ruleId === "") return true;
  return decision.determiningRules.some(
    (rule) => isAsked(policyId, rule.policyId) && isAsked(ruleId, rule.ruleId),
  );
}

function isAsked(asked: string, given: string): boolean {
  return asked === "" || asked === given;
}
