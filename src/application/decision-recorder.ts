import type { Decision, RuleRef } from "../core/decision.js";
import type { Value } from "../core/values.js";
import { eventsDropped, type EventMaker } from "./engine-events.js";
import { createFoldedCounts, type FoldedCount } from "./folded-counts.js";
import type { Clock } from "./ports/clock.js";
import type { LoggedDecision } from "./ports/decision-log.js";
import type { EventLog, NewEvent } from "./ports/event-log.js";
import type { Metrics } from "./ports/metrics.js";
import type { RecordDecision } from "./record-decision.js";
import { createRuleErrorEvents } from "./rule-error-events.js";
import { shortText } from "./short-text.js";

const SECOND_MS = 1000;
/** Rules with an event of their own in one second; the rest share one. */
const MAX_FOLDED_RULES = 1000;
/** Unknown policy types that get an event: their names come from callers. */
const MAX_UNKNOWN_TYPES = 1000;
/** UTF-16 units of a text that comes from a caller. */
const MAX_TEXT = 256;

/** `decided = emitted + sampled + dropped`, at any time. Requests that were invalid are in none. */
export interface DecisionCounts {
  readonly decided: number;
  /** An event of their own. */
  readonly emitted: number;
  /** Counted in the one event of their second and rule. */
  readonly sampled: number;
  /** The event log refused the event. */
  readonly dropped: number;
}

export interface DecisionRecorder {
  readonly record: RecordDecision;
  readonly counts: () => DecisionCounts;
  /** Tells now of everything that waits for the end of its second or minute. */
  readonly flush: () => void;
}

export interface DecisionRecorderDeps {
  readonly eventLog: Pick<EventLog, "offer">;
  readonly makeEvent: EventMaker;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Permits, and likewise denies, that get an event of their own in one second. At least 0. */
  readonly decisionEventsPerS: number;
}

/** Turns decisions into events and counts. The memory it takes does not grow with the load. */
export function createDecisionRecorder(deps: DecisionRecorderDeps): DecisionRecorder {
  const { eventLog, makeEvent, clock, metrics, decisionEventsPerS } = deps;
  const total = { decided: 0, emitted: 0, sampled: 0, dropped: 0 };
  const unknownTypes = new Set<string>();
  const foldedKeys = createFoldedKeys();
  let second = { startMs: -Infinity, permits: 0, denies: 0 };
  let burst: { count: number; firstMs: number; lastMs: number } | undefined;

  const foldedOf = (allowed: boolean) =>
    createFoldedCounts<LoggedDecision>({
      windowMs: SECOND_MS,
      maxKeys: MAX_FOLDED_RULES,
      tellsFirst: false,
      onEnd: (counts) => {
        append(counts.map((count) => foldedEvent(makeEvent, allowed, count)));
      },
    });
  const foldedPermits = foldedOf(true);
  const foldedDenies = foldedOf(false);
  const ruleErrors = createRuleErrorEvents({ makeEvent, append });

  function flushFolded(): void {
    foldedPermits.flush();
    foldedDenies.flush();
  }

  function append(events: readonly NewEvent[]): boolean {
    if (eventLog.offer(burst ? [eventsDropped(makeEvent, burst), ...events] : events)) {
      burst = undefined;
      return true;
    }
    // What is lost is counted, and told when the log takes events again.
    const nowMs = clock.nowMs();
    burst ??= { count: 0, firstMs: nowMs, lastMs: nowMs };
    burst = { ...burst, count: burst.count + events.length, lastMs: nowMs };
    return false;
  }

  function recordDecision(record: LoggedDecision): void {
    const [rule] = record.decision.determiningRules;
    total.decided += 1;
    if (!takesPart(record.decision.allowed)) {
      const folded = record.decision.allowed ? foldedPermits : foldedDenies;
      folded.add(foldedKeys(record), record, record.timeMs);
      total.sampled += 1;
    } else if (append([decisionEvent(makeEvent, record, rule)])) {
      total.emitted += 1;
    } else {
      total.dropped += 1;
    }
  }

  /** Whether this second still has room for an event of this kind. */
  function takesPart(allowed: boolean): boolean {
    // Not the time of the decision: a batch that was explained comes in one moment, and later.
    const nowMs = clock.monotonicMs();
    if (nowMs - second.startMs >= SECOND_MS) {
      flushFolded();
      second = { startMs: nowMs, permits: 0, denies: 0 };
    }
    const ofKind = allowed ? (second.permits += 1) : (second.denies += 1);
    return ofKind <= decisionEventsPerS;
  }

  function recordUnknownType({ policyType, decision }: LoggedDecision): void {
    metrics.unknownPolicyType();
    const name = shortText(policyType, MAX_TEXT);
    if (unknownTypes.has(name) || unknownTypes.size >= MAX_UNKNOWN_TYPES) return;
    unknownTypes.add(name);
    append([
      makeEvent({
        eventType: "POLICY_TYPE_UNKNOWN",
        severity: "warning",
        policyVersion: decision.policyVersion,
        details: { policy_type: name, allowed: decision.allowed },
      }),
    ]);
  }

  return {
    record(record) {
      const { decision, durationMs } = record;
      if (decision.denyKind === "invalid_request") return;
      const policyType = decision.policyTypeKnown ? record.policyType : "unknown";
      const answer = decision.denyKind ?? "allowed";
      metrics.decision({ policyType, answer, durationMs });
      recordDecision(record);
      ruleErrors.add(record);
      if (!decision.policyTypeKnown) recordUnknownType(record);
    },
    counts: () => ({ ...total }),
    flush() {
      flushFolded();
      ruleErrors.flush();
      if (burst) append([]);
    },
  };
}

/** The keys under which decisions fold. Many answers are the same decision: its key is made once. */
function createFoldedKeys(): (record: LoggedDecision) => string {
  const keys = new Map<Decision, string>();
  return ({ policyType, decision }) => {
    const [rule] = decision.determiningRules;
    if (!rule) return `${decision.denyKind ?? ""}\n\n${policyType}`;
    let key = keys.get(decision);
    if (key === undefined) {
      // Unambiguous: only its last part is a name that may hold a line break.
      key = `${decision.denyKind ?? ""}\n${rule.policyId}\n${rule.ruleId}`;
      if (keys.size >= MAX_FOLDED_RULES) keys.clear();
      keys.set(decision, key);
    }
    return key;
  };
}

// Never a value of the context: events go to everyone who may subscribe.
function decisionEvent(
  makeEvent: EventMaker,
  record: LoggedDecision,
  rule: RuleRef | undefined,
): NewEvent {
  const { decisionId, requestId, policyType, decision, durationMs } = record;
  const clientId = shortText(record.clientId, MAX_TEXT);
  const { eventType, severity } = kindOf(decision.allowed);
  // Why assigned: an object made by spreading is many times slower to make.
  const details: Record<string, Value> = {
    decision_id: decisionId,
    request_id: shortText(requestId, MAX_TEXT),
    policy_type: shortText(policyType, MAX_TEXT),
    allowed: decision.allowed,
    reason: decision.reason,
    duration_ms: durationMs,
  };
  if (decision.denyKind) details["deny_kind"] = decision.denyKind;
  if (rule) {
    details["policy_id"] = rule.policyId;
    details["rule_id"] = rule.ruleId;
    details["action"] = rule.action;
  }
  if (clientId !== "") details["client_id"] = clientId;
  return makeEvent({
    eventType,
    severity,
    policyVersion: decision.policyVersion,
    policyId: rule?.policyId,
    clientId: clientId === "" ? undefined : clientId,
    decisionId,
    details,
  });
}

function foldedEvent(
  makeEvent: EventMaker,
  allowed: boolean,
  folded: FoldedCount<LoggedDecision>,
): NewEvent {
  const { count, facts: record } = folded;
  const times = {
    allowed,
    count,
    first_time: new Date(folded.firstMs).toISOString(),
    last_time: new Date(folded.lastMs).toISOString(),
  };
  if (!record) {
    return makeEvent({
      ...kindOf(allowed),
      details: { ...times, reason: `rules beyond ${MAX_FOLDED_RULES} in one second, together` },
    });
  }
  const { decision } = record;
  const [rule] = decision.determiningRules;
  return makeEvent({
    ...kindOf(allowed),
    policyVersion: decision.policyVersion,
    ...(rule ? { policyId: rule.policyId } : {}),
    details: {
      ...times,
      policy_type: shortText(record.policyType, MAX_TEXT),
      ...(decision.denyKind ? { deny_kind: decision.denyKind } : {}),
      ...(rule ? { policy_id: rule.policyId, rule_id: rule.ruleId, action: rule.action } : {}),
    },
  });
}

function kindOf(allowed: boolean): Pick<NewEvent, "eventType" | "severity"> {
  return allowed
    ? { eventType: "POLICY_APPLIED", severity: "info" }
    : { eventType: "POLICY_VIOLATION", severity: "warning" };
}
