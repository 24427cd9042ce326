import { type CountDecisions, createDecisionStatistics } from "./decision-statistics.js";
import type { EngineStatus } from "./engine-status.js";
import { createGetDecision, type GetDecision } from "./get-decision.js";
import { createListDecisions, type ListDecisions } from "./list-decisions.js";
import type { DecisionLog, DecisionLogCounts } from "./ports/decision-log.js";
import type { StorageHealth } from "./ports/storage-health.js";

/** How the engine is, and what it is worth: what an operator looks at. */
export interface MonitoredStatus extends DecisionLogCounts {
  readonly state: EngineStatus["state"];
  /** Why it is not healthy, each a sentence; none when it is. */
  readonly reasons: readonly string[];
  /** 0 without an active set. */
  readonly policyVersion: number;
  /** On disk; 0 in memory. */
  readonly storageBytes: number;
  /** `recorded + pending + the sum of dropped`, since the start. */
  readonly decided: number;
}

export interface Monitoring {
  readonly listDecisions: ListDecisions;
  readonly getDecision: GetDecision;
  readonly countDecisions: CountDecisions;
  status(): Promise<MonitoredStatus>;
}

export function createMonitoring(deps: {
  readonly decisionLog: DecisionLog;
  readonly storage: StorageHealth;
  readonly status: () => EngineStatus;
}): Monitoring {
  const { decisionLog, storage } = deps;
  return {
    listDecisions: createListDecisions({ decisionLog }),
    getDecision: createGetDecision({ decisionLog }),
    countDecisions: createDecisionStatistics({ decisionLog }),
    async status() {
      const storageBytes = await storage.bytes();
      const { state, policyVersion, lastError, storageError } = deps.status();
      const counts = decisionLog.counts();
      return {
        ...counts,
        state,
        reasons: [
          ...(state === "unhealthy" ? ["no policy set is active"] : []),
          ...(lastError === undefined ? [] : [`the last load of policy failed: ${lastError}`]),
          ...(storageError === undefined ? [] : [`nothing can be stored: ${storageError}`]),
        ],
        policyVersion,
        storageBytes,
        decided: counts.recorded + counts.pending + droppedOf(counts),
      };
    },
  };
}

function droppedOf({ dropped }: DecisionLogCounts): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}
