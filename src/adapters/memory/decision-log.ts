import type {
  DecisionLog,
  DecisionPosition,
  DecisionQuery,
  LoggedDecision,
} from "../../application/ports/decision-log.js";
import { rememberTexts } from "../../application/remember-texts.js";
import {
  createDecisionColumns,
  type DecisionColumns,
  type DecisionFacts,
} from "./decision-columns.js";
import { createMemoryDecisionCounts } from "./decision-counts.js";

/** Columns that are forgotten together. */
const MOST_ROWS = 1000;

/** Where a decision stands. */
interface Place extends DecisionPosition {
  readonly columns: DecisionColumns;
  readonly row: number;
}

/** The newest `capacity` decisions, in this process only. */
export function createMemoryDecisionLog({
  capacity = 10_000,
}: {
  /** At least 1. */
  readonly capacity?: number;
} = {}): DecisionLog {
  const mostRows = Math.min(capacity, MOST_ROWS);
  const intern = rememberTexts((text) => text);
  let newest = createDecisionColumns(mostRows, intern);
  const kept: DecisionColumns[] = [newest];
  let recorded = 0;
  const counts = createMemoryDecisionCounts();

  function append(logged: LoggedDecision): void {
    if (newest.rows() === mostRows) {
      // With what is in the newest, there are always as many as may be kept.
      const oldest = kept.length > Math.ceil(capacity / mostRows) ? kept.shift() : undefined;
      oldest?.clear();
      newest = oldest ?? createDecisionColumns(mostRows, intern);
      kept.push(newest);
    }
    newest.add(logged);
    recorded += 1;
    counts.add(logged);
  }

  function places(query: DecisionQuery): Place[] {
    const found: Place[] = [];
    let position = recorded;
    for (const columns of kept.toReversed()) {
      for (let row = columns.rows() - 1; row >= 0 && recorded - position < capacity; row -= 1) {
        const facts = columns.facts(row);
        if (matches(query, facts, position))
          found.push({ timeMs: facts.timeMs, position, columns, row });
        position -= 1;
      }
    }
    return found.sort((a, b) => b.timeMs - a.timeMs || b.position - a.position);
  }

  return {
    append,
    appendDurably(decision) {
      append(decision);
      return Promise.resolve();
    },
    list(query) {
      const found = places(query);
      const page = found.slice(0, query.limit);
      const last = page.at(-1);
      const decisions = page.map(({ columns, row }) => columns.at(row));
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

function matches(query: DecisionQuery, facts: DecisionFacts, position: number): boolean {
  const { startTimeMs = -Infinity, endTimeMs = Infinity, allowed, after } = query;
  const { timeMs, clientId, policyType, decision } = facts;
  const isBelow =
    !after || timeMs < after.timeMs || (timeMs === after.timeMs && position < after.position);
  return (
    isBelow &&
    timeMs >= startTimeMs &&
    timeMs < endTimeMs &&
    (allowed === undefined || allowed === decision.allowed) &&
    isAsked(query.clientId, clientId) &&
    isAsked(query.policyType, policyType) &&
    isOfRule(query, facts)
  );
}

function isOfRule({ policyId, ruleId }: DecisionQuery, { decision }: DecisionFacts): boolean {
  if (policyId === "" && ruleId === "") return true;
  return decision.determiningRules.some(
    (rule) => isAsked(policyId, rule.policyId) && isAsked(ruleId, rule.ruleId),
  );
}

function isAsked(asked: string, given: string): boolean {
  return asked === "" || asked === given;
}
