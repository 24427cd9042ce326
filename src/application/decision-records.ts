import type { DecisionLog } from "./ports/decision-log.js";
import type { RecordDecision } from "./record-decision.js";
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
  readonly durability: "async" | "sync";
  readonly redactedPaths: readonly string[];
}): DecisionRecords {
  const { decisionLog, tell, durability } = deps;
  const redact = createRedaction(deps.redactedPaths);
  let waiting: Promise<void>[] = [];

  return {
    record(given) {
      const logged = redact(given);
      tell(logged);
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
