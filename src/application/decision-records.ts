import type { Clock } from "./ports/clock.js";
import type { DecisionLog, LoggedDecision } from "./ports/decision-log.js";
import type { DecisionRecord, RecordDecision } from "./record-decision.js";
import { createRedaction } from "./redact-attributes.js";

/** Every decision, told as an event and kept in the decision log. */
export interface DecisionRecords {
  readonly record: RecordDecision;
  /**
   * What was recorded since the last call: undefined where nobody has to wait for it, else settled
   * when it is durable, rejected with STORAGE_UNAVAILABLE when it is not.
   */
  readonly settled: () => Promise<void> | undefined;
}

/** @param deps.redactedPaths - Attributes that are neither logged nor told (`createRedaction`). */
export function createDecisionRecords(deps: {
  readonly decisionLog: DecisionLog;
  /** Tells of a decision as an event. */
  readonly tell: RecordDecision;
  readonly clock: Pick<Clock, "nowMs">;
  readonly durability: "async" | "sync";
  readonly redactedPaths: readonly string[];
}): DecisionRecords {
  const { decisionLog, tell, clock, durability } = deps;
  const redact = createRedaction(deps.redactedPaths);
  let waiting: Promise<void>[] = [];

  return {
    record(given) {
      const { record, redactedPaths } = redact(given);
      tell(record);
      const logged = loggedOf(record, { timeMs: clock.nowMs(), redactedPaths });
      if (durability === "async") {
        decisionLog.append(logged);
        return;
      }
      const recorded = decisionLog.appendDurably(logged);
      // Who asked may have failed for another reason, and not come back for it.
      recorded.catch(() => undefined);
      waiting.push(recorded);
    },
    settled() {
      if (waiting.length === 0) return undefined;
      const recorded = waiting;
      waiting = [];
      return Promise.all(recorded).then(() => undefined);
    },
  };
}

function loggedOf(
  record: DecisionRecord,
  { timeMs, redactedPaths }: { readonly timeMs: number; readonly redactedPaths: readonly string[] },
): LoggedDecision {
  const { decisionId, policyType, clientId, requestId, attributes, decision, durationMs } = record;
  const redacted = redactedPaths.length > 0;
  // Why assigned: an object made by spreading is many times slower to make, and this is made for
  // every decision.
  const logged: { -readonly [Field in keyof LoggedDecision]: LoggedDecision[Field] } = {
    decisionId,
    timeMs,
    policyType,
    clientId,
    requestId,
    attributes,
    decision,
    durationMs,
    redacted,
  };
  if (record.trust) logged.trust = record.trust;
  if (record.clientAttributes) logged.clientAttributes = record.clientAttributes;
  if (redacted) logged.redactedPaths = redactedPaths;
  return logged;
}
