import type { EventLog } from "../../application/ports/event-log.js";
import type {
  Evaluation,
  TrustCheckpoint,
  TrustHistory,
} from "../../application/ports/trust-history.js";
import type { ValueMap } from "../../core/values.js";

const KEPT_CHECKPOINTS = 2;

/** What was computed in this process. */
export function createMemoryTrustHistory(deps: {
  readonly eventLog: Pick<EventLog, "append">;
}): TrustHistory {
  /** By client: its points by evaluation. */
  const points = new Map<string, Map<number, ValueMap>>();
  /** By number. */
  const evaluations = new Map<number, Evaluation>();
  const evaluationOfRound = new Map<string, Evaluation>();
  let checkpoints: readonly TrustCheckpoint[] = [];
  let progress = { position: 0, model: "" };

  const inOrder = (clientId: string) =>
    [...(points.get(clientId) ?? [])]
      .map(([evaluation, point]) => ({ evaluation, clientId, point }))
      .sort((left, right) => left.evaluation - right.evaluation);

  return {
    record(record) {
      for (const { clientId, evaluation, point } of record.points) {
        const ofClient = points.get(clientId) ?? new Map<number, ValueMap>();
        points.set(clientId, ofClient.set(evaluation, point));
      }
      for (const evaluation of record.evaluations) {
        evaluations.set(evaluation.evaluation, evaluation);
        evaluationOfRound.set(roundKey(evaluation.runId, evaluation.round), evaluation);
      }
      progress = { ...progress, position: record.throughPosition };
      deps.eventLog.append(record.events);
      return Promise.resolve();
    },
    progress: () => Promise.resolve(progress),
    points: (clientId, afterEvaluation, limit) =>
      Promise.resolve(
        inOrder(clientId)
          .filter((point) => point.evaluation > afterEvaluation)
          .slice(0, Math.max(0, limit)),
      ),
    pointAt: (clientId, evaluation) =>
      Promise.resolve(inOrder(clientId).findLast((point) => point.evaluation <= evaluation)),
    evaluationOf: (runId, round) => Promise.resolve(evaluationOfRound.get(roundKey(runId, round))),
    evaluations: (first, last) =>
      Promise.resolve(
        [...evaluations.values()]
          .filter(({ evaluation }) => evaluation >= first && evaluation <= last)
          .sort((left, right) => left.evaluation - right.evaluation),
      ),
    saveCheckpoint(checkpoint) {
      const kept = { ...checkpoint, state: structuredClone(checkpoint.state) };
      const others = checkpoints.filter(({ position }) => position !== checkpoint.position);
      checkpoints = [kept, ...others]
        .sort((left, right) => right.position - left.position)
        .filter(({ position }, index) => index < KEPT_CHECKPOINTS || position === 0);
      return Promise.resolve();
    },
    checkpoint: (beforePosition = Infinity) =>
      Promise.resolve(checkpoints.find(({ position }) => position < beforePosition)),
    begin(model) {
      for (const known of [points, evaluations, evaluationOfRound]) known.clear();
      checkpoints = checkpoints.filter(({ position }) => position === 0);
      progress = { position: 0, model };
      return Promise.resolve();
    },
  };
}

function roundKey(runId: string, round: number): string {
  return `${round} ${runId}`;
}
