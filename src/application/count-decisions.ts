import { componentOf, requesterOf } from "./asking-component.js";
import type { CountedBy, DecisionCount, LoggedDecision } from "./ports/decision-log.js";
import { shortText } from "./short-text.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Names of one kind that are counted apart in one hour: they come from callers. */
const MOST_NAMES = 1000;
/** What the others are counted under. */
export const OTHER_NAMES = "(others)";
const MAX_NAME = 256;

/** How long a time each count covers: all decisions by the minute, so that any period can be added up. */
export function bucketMsOf(countedBy: CountedBy): number {
  return countedBy === "all" ? MINUTE_MS : HOUR_MS;
}

/**
 * Adds decisions up into counts. At most 1,000 names of a kind are told apart in an hour; the memory
 * it takes is bounded likewise.
 */
export function createDecisionCounter(): (
  decisions: readonly LoggedDecision[],
) => readonly DecisionCount[] {
  let hourMs = -Infinity;
  let known = new Map<CountedBy, Set<string>>();

  function told(countedBy: CountedBy, name: string): string {
    const names = known.get(countedBy) ?? new Set();
    known.set(countedBy, names);
    const short = shortText(name, MAX_NAME);
    if (names.has(short)) return short;
    if (names.size >= MOST_NAMES) return OTHER_NAMES;
    names.add(short);
    return short;
  }

  return (decisions) => {
    const counts = new Map<string, DecisionCount>();
    for (const logged of decisions) {
      const { timeMs, durationMs, decision } = logged;
      if (startOf(timeMs, HOUR_MS) !== hourMs) {
        hourMs = startOf(timeMs, HOUR_MS);
        known = new Map();
      }
      for (const [countedBy, given] of namesOf(logged)) {
        const startMs = startOf(timeMs, bucketMsOf(countedBy));
        const name = told(countedBy, given);
        const key = `${startMs} ${countedBy} ${name}`;
        const before = counts.get(key);
        counts.set(key, {
          ...{ startMs, countedBy, name },
          decided: (before?.decided ?? 0) + 1,
          allowed: (before?.allowed ?? 0) + (decision.allowed ? 1 : 0),
          durationUs: (before?.durationUs ?? 0) + Math.max(0, Math.round(durationMs * 1000)),
          lastTimeMs: Math.max(before?.lastTimeMs ?? timeMs, timeMs),
        });
      }
    }
    return [...counts.values()];
  };
}

function namesOf({ policyType, attributes, decision }: LoggedDecision): [CountedBy, string][] {
  return [
    ["all", ""],
    ["policy_type", policyType],
    ["component", componentOf(attributes)],
    ["requester", requesterOf(attributes)],
    ["answer", decision.denyKind ?? "allowed"],
    ...decision.determiningRules.map(({ policyId, ruleId }): [CountedBy, string] => [
      "rule",
      `${policyId}/${ruleId}`,
    ]),
  ];
}

function startOf(timeMs: number, lengthMs: number): number {
  return Math.floor(timeMs / lengthMs) * lengthMs;
}
