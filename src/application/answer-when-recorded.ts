import type { BatchAnswer, CheckAnswer, DecisionPoint, MaybeLater } from "./check.js";

/** A decision point whose answers may wait until they are recorded. */
export type RecordedDecisionPoint = {
  readonly [Method in keyof DecisionPoint]: (
    ...asked: Parameters<DecisionPoint[Method]>
  ) => MaybeLater<Awaited<ReturnType<DecisionPoint[Method]>>>;
};

/**
 * Gives the answers of `point` once their records are durable; at once, and without a promise, where
 * nothing has to be waited for. Besides what `point` throws, answers are rejected with
 * STORAGE_UNAVAILABLE.
 *
 * @param settled - Of what was recorded since it was last called.
 */
export function answerWhenRecorded(
  point: DecisionPoint,
  settled: () => Promise<void> | undefined,
): RecordedDecisionPoint {
  function recorded<Answer extends CheckAnswer | BatchAnswer>(
    answer: MaybeLater<Answer>,
  ): MaybeLater<Answer> {
    if (answer instanceof Promise) return answer.then(recorded<Answer>);
    const waiting = settled();
    return waiting ? waiting.then(() => answer) : answer;
  }

  return {
    checkConnection: (check) => recorded(point.checkConnection(check)),
    checkPolicy: (check) => recorded(point.checkPolicy(check)),
    checkConnectionItem: (check) => recorded(point.checkConnectionItem(check)),
    batchCheckConnections: (items, explain) =>
      recorded(point.batchCheckConnections(items, explain)),
    batchCheckPolicies: (items, explain) => recorded(point.batchCheckPolicies(items, explain)),
  };
}
