import { componentOf, requesterOf } from "./asking-component.js";
import type { CountedBy, DecisionCount, LoggedDecision } from "./ports/decision-log.js";
import { shortText } from "./short-text.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Names of one kind that are counted apart in one hour: they come from callers. */
const MOST_NAMES = 1000;
/** What the others are counted under. */
const OTHER_NAMES = "(others)";
const MAX_NAME = 256;

/** How long a time each count covers: all decisions by the minute, so that any period can be added up. */
export function bucketMsOf(countedBy: CountedBy): number {
  return countedBy === "all" ? MINUTE_MS : HOUR_MS;
}

/** Adds decisions up. The memory it takes between two calls of `take` grows with the time alone. */
export interface DecisionCounter {
  add(decision: LoggedDecision): void;
  /** What was added since the last call; several counts may be of one name and time. */
  take(): readonly DecisionCount[];
}

type GrowingCount = { -readonly [Field in keyof DecisionCount]: DecisionCount[Field] };

/** The counts of one minute, by what they count. */
type MinuteCounts = Readonly<Record<CountedBy, Map<string, GrowingCount>>>;

/** At most 1,000 names of a kind are told apart in an hour. */
export function createDecisionCounter(): DecisionCounter {
  let hourMs = NaN;
  let minuteMs = NaN;
  let known = namesByKind(() => new Set<string>());
  let minute: MinuteCounts = namesByKind(() => new Map<string, GrowingCount>());
  let ended: GrowingCount[] = [];

  function endMinute(): void {
    for (const counts of Object.values(minute)) ended.push(...counts.values());
    minute = namesByKind(() => new Map<string, GrowingCount>());
  }

  function turnTo(timeMs: number): void {
    endMinute();
    minuteMs = startOf(timeMs, MINUTE_MS);
    if (startOf(timeMs, HOUR_MS) === hourMs) return;
    hourMs = startOf(timeMs, HOUR_MS);
    known = namesByKind(() => new Set<string>());
  }

  function knownName(countedBy: CountedBy, name: string): string {
    const names = known[countedBy];
    const short = shortText(name, MAX_NAME);
    if (names.size >= MOST_NAMES && !names.has(short)) return OTHER_NAMES;
    names.add(short);
    return short;
  }

  function countOf(countedBy: CountedBy, given: string): GrowingCount {
    const counts = minute[countedBy];
    const found = counts.get(given);
    if (found) return found;
    const name = knownName(countedBy, given);
    const startMs = countedBy === "all" ? minuteMs : hourMs;
    const sums = { decided: 0, allowed: 0, durationUs: 0, lastTimeMs: -Infinity };
    const count = counts.get(name) ?? { startMs, countedBy, name, ...sums };
    counts.set(name, count);
    return count;
  }

  function addTo(count: GrowingCount, { timeMs, durationMs, decision }: LoggedDecision): void {
    count.decided += 1;
    if (decision.allowed) count.allowed += 1;
    count.durationUs += Math.max(0, Math.round(durationMs * 1000));
    if (timeMs > count.lastTimeMs) count.lastTimeMs = timeMs;
  }

  return {
    add(logged) {
      const { timeMs, policyType, attributes, decision } = logged;
      if (!(timeMs >= minuteMs && timeMs < minuteMs + MINUTE_MS)) turnTo(timeMs);
      addTo(countOf("all", ""), logged);
      addTo(countOf("policy_type", policyType), logged);
      addTo(countOf("component", componentOf(attributes)), logged);
      addTo(countOf("requester", requesterOf(attributes)), logged);
      addTo(countOf("answer", decision.denyKind ?? "allowed"), logged);
      for (const { policyId, ruleId } of decision.determiningRules) {
        addTo(countOf("rule", `${policyId}/${ruleId}`), logged);
      }
    },
    take() {
      endMinute();
      const taken = ended;
      ended = [];
      return taken;
    },
  };
}

function namesByKind<Names>(create: () => Names): Readonly<Record<CountedBy, Names>> {
  return {
    all: create(),
    policy_type: create(),
    component: create(),
    requester: create(),
    answer: create(),
    rule: create(),
  };
}

function startOf(timeMs: number, lengthMs: number): number {
  return Math.floor(timeMs / lengthMs) * lengthMs;
}
