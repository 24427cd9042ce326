import type { Decision } from "../core/decision.js";
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

/** Decisions whose counts are remembered within a minute. */
const MOST_DECISIONS = 1000;

type Sum = Pick<GrowingCount, "decided" | "allowed" | "durationUs" | "lastTimeMs">;

/** What a decision counts for besides who asked, and how often it was made since that was counted. */
interface CountsOfDecision {
  readonly policyType: string;
  readonly counts: readonly GrowingCount[];
  readonly sum: Sum;
}

/** At most 1,000 names of a kind are told apart in an hour. */
export function createDecisionCounter(): DecisionCounter {
  let hourMs = NaN;
  let minuteMs = NaN;
  /** The hour in which the names were known. */
  let namesHourMs = NaN;
  let known = namesByKind(() => new Set<string>());
  let minute: MinuteCounts = namesByKind(() => new Map<string, GrowingCount>());
  let ended: GrowingCount[] = [];
  // Why: many answers are the same decision, which is looked up sooner than all its names.
  const byDecision = new Map<Decision, CountsOfDecision>();

  function countDecisions(): void {
    for (const { counts, sum } of byDecision.values()) {
      for (const count of counts) addTo(count, sum);
    }
    byDecision.clear();
  }

  function endMinute(): void {
    countDecisions();
    for (const counts of Object.values(minute)) ended.push(...counts.values());
    minute = namesByKind(() => new Map<string, GrowingCount>());
  }

  function turnTo(timeMs: number): void {
    endMinute();
    minuteMs = startOf(timeMs, MINUTE_MS);
    hourMs = startOf(timeMs, HOUR_MS);
    // A decision of the hour before may come late.
    if (hourMs === namesHourMs || hourMs === namesHourMs - HOUR_MS) return;
    namesHourMs = hourMs;
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
    const count = counts.get(name) ?? { startMs, countedBy, name, ...nothing() };
    counts.set(name, count);
    return count;
  }

  function countsOf({ policyType, decision }: LoggedDecision): CountsOfDecision {
    const known = byDecision.get(decision);
    if (known?.policyType === policyType) return known;
    if (known || byDecision.size >= MOST_DECISIONS) countDecisions();
    const counts = [
      countOf("all", ""),
      countOf("policy_type", policyType),
      countOf("answer", decision.denyKind ?? "allowed"),
      ...decision.determiningRules.map(({ policyId, ruleId }) =>
        countOf("rule", `${policyId}/${ruleId}`),
      ),
    ];
    const made = { policyType, counts, sum: nothing() };
    byDecision.set(decision, made);
    return made;
  }

  return {
    add(logged) {
      const { timeMs, attributes, decision, durationMs } = logged;
      if (!(timeMs >= minuteMs && timeMs < minuteMs + MINUTE_MS)) turnTo(timeMs);
      const durationUs = Math.max(0, Math.round(durationMs * 1000));
      const allowed = decision.allowed ? 1 : 0;
      const one = { decided: 1, allowed, durationUs, lastTimeMs: timeMs };
      addTo(countsOf(logged).sum, one);
      addTo(countOf("component", componentOf(attributes)), one);
      addTo(countOf("requester", requesterOf(attributes)), one);
    },
    take() {
      endMinute();
      const taken = ended;
      ended = [];
      return taken;
    },
  };
}

function nothing(): Sum {
  return { decided: 0, allowed: 0, durationUs: 0, lastTimeMs: -Infinity };
}

function addTo(sum: Sum, more: Readonly<Sum>): void {
  sum.decided += more.decided;
  sum.allowed += more.allowed;
  sum.durationUs += more.durationUs;
  if (more.lastTimeMs > sum.lastTimeMs) sum.lastTimeMs = more.lastTimeMs;
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
