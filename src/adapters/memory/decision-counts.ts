import { bucketMsOf, createDecisionCounter } from "../../application/count-decisions.js";
import type {
  CountedBy,
  CountedPeriod,
  DecisionCount,
  DecisionLog,
  LoggedDecision,
  NamedCount,
} from "../../application/ports/decision-log.js";

const HOUR_MS = 3_600_000;
/** How long a count is kept, as DECISION_RETENTION_DAYS keeps it on disk. */
const KEPT_MS = 7 * 24 * HOUR_MS;

export interface MemoryDecisionCounts extends Pick<DecisionLog, "countBy" | "countByHour"> {
  add(decision: LoggedDecision): void;
}

/** The counts of a decision log that is in this process only. */
export function createMemoryDecisionCounts(): MemoryDecisionCounts {
  const kept = new Map<string, DecisionCount>();
  const counter = createDecisionCounter();
  let newestHour = 0;

  function keepCounted(): void {
    for (const one of counter.take()) {
      const key = `${one.countedBy} ${one.startMs} ${one.name}`;
      kept.set(key, { ...one, ...sumOf([kept.get(key) ?? NOTHING, one]) });
    }
  }

  function forgetOld(nowMs: number): void {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour <= newestHour) return;
    newestHour = hour;
    keepCounted();
    for (const [key, { startMs }] of kept) if (startMs < nowMs - KEPT_MS) kept.delete(key);
  }

  function within(countedBy: CountedBy, period: CountedPeriod): readonly DecisionCount[] {
    const { startTimeMs = -Infinity, endTimeMs = Infinity } = period;
    const bucketMs = bucketMsOf(countedBy);
    keepCounted();
    return [...kept.values()].filter(
      (one) =>
        one.countedBy === countedBy &&
        one.startMs + bucketMs > startTimeMs &&
        one.startMs < endTimeMs,
    );
  }

  return {
    add(decision) {
      forgetOld(decision.timeMs);
      counter.add(decision);
    },
    countBy: (countedBy, period, limit) => {
      const byName = grouped(within(countedBy, period), ({ name }) => name);
      const counts = [...byName].map(([name, counted]) => ({ name, ...sumOf(counted) }));
      return Promise.resolve(counts.sort(mostFirst).slice(0, limit));
    },
    countByHour: (period) => {
      const requesters = grouped(within("requester", {}), ({ startMs }) => startMs);
      const hours = grouped(within("all", period), ({ startMs }) => startMs - (startMs % HOUR_MS));
      return Promise.resolve(
        [...hours]
          .sort(([left], [right]) => left - right)
          .map(([startMs, counted]) => {
            const { decided, allowed, durationUs } = sumOf(counted);
            const asked = requesters.get(startMs)?.length ?? 0;
            return { startMs, decided, allowed, durationUs, requesters: asked };
          }),
      );
    },
  };
}

type Sum = Omit<NamedCount, "name">;
const NOTHING: Sum = { decided: 0, allowed: 0, durationUs: 0, lastTimeMs: -Infinity };

function sumOf(counts: readonly Sum[]): Sum {
  return counts.reduce(
    (sum, one) => ({
      decided: sum.decided + one.decided,
      allowed: sum.allowed + one.allowed,
      durationUs: sum.durationUs + one.durationUs,
      lastTimeMs: Math.max(sum.lastTimeMs, one.lastTimeMs),
    }),
    NOTHING,
  );
}

function mostFirst(left: NamedCount, right: NamedCount): number {
  if (left.decided !== right.decided) return right.decided - left.decided;
  return left.name < right.name ? -1 : 1;
}

function grouped<Key>(
  counts: readonly DecisionCount[],
  keyOf: (count: DecisionCount) => Key,
): Map<Key, DecisionCount[]> {
  const groups = new Map<Key, DecisionCount[]>();
  for (const count of counts) {
    const key = keyOf(count);
    const group = groups.get(key);
    if (group) group.push(count);
    else groups.set(key, [count]);
  }
  return groups;
}
