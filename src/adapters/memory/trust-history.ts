import type { EventLog } from "../../application/ports/event-log.js";
import type { TrustCheckpoint, TrustHistory } from "../../application/ports/trust-history.js";
import type { ValueMap } from "../../core/values.js";

const KEPT_CHECKPOINTS = 2;

/** What was computed in this process. */
export function createMemoryTrustHistory(deps: {
  readonly eventLog: Pick<EventLog, "append">;
}): TrustHistory {
  /** By client: its points by evaluation. */
  let points = new Map<string, Map<number, ValueMap>>();
  let checkpoints: readonly TrustCheckpoint[] = [];
  let last = 0;

  const inOrder = (clientId: string) =>
    [...(points.get(clientId) ?? [])]
      .map(([evaluation, point]) => ({ clientId, evaluation, point }))
      .sort((left, right) => left.evaluation - right.evaluation);

  return {
    record(evaluation, added, events) {
      for (const { clientId, point } of added) {
        const ofClient = points.get(clientId) ?? new Map<number, ValueMap>();
        points.set(clientId, ofClient.set(evaluation, point));
      }
      last = Math.max(last, evaluation);
      deps.eventLog.append(events);
      return Promise.resolve();
    },
    lastRecorded: () => Promise.resolve(last),
    points: (clientId, afterEvaluation, limit) =>
      Promise.resolve(
        inOrder(clientId)
          .filter((point) => point.evaluation > afterEvaluation)
          .slice(0, Math.max(0, limit)),
      ),
    pointAt: (clientId, evaluation) =>
      Promise.resolve(inOrder(clientId).findLast((point) => point.evaluation <= evaluation)),
    saveCheckpoint(checkpoint) {
      const others = checkpoints.filter(({ evaluation }) => evaluation !== checkpoint.evaluation);
      checkpoints = [checkpoint, ...others]
        .sort((left, right) => right.evaluation - left.evaluation)
        .slice(0, KEPT_CHECKPOINTS);
      return Promise.resolve();
    },
    checkpoints: () => Promise.resolve(checkpoints),
    clear() {
      points = new Map();
      checkpoints = [];
      return Promise.resolve();
    },
  };
}
