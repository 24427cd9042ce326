import type { EvaluatedRound, FoldStep } from "../core/trust/fold-step.js";
import type { EventMaker } from "./engine-events.js";
import type { NewEvent } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";
import type { TrustMetrics } from "./ports/metrics.js";
import type { LoggedObservation } from "./ports/observation-log.js";
import type {
  Evaluation,
  TrustCheckpoint,
  TrustHistory,
  TrustPoint,
} from "./ports/trust-history.js";
import { nextTurn } from "./next-turn.js";
import { trustEvents } from "./trust-events.js";
import { pointOf } from "./trust-points.js";

/** Evaluations whose number is in memory: late observations change no older ones. */
const KNOWN_EVALUATIONS = 1000;

/** Points that are made at a stretch: a millisecond or so. */
const SLICE_POINTS = 200;

const SLICE_EVENTS = 250;

/** What is computed and not yet recorded. */
interface Unrecorded {
  readonly evaluations: Evaluation[];
  readonly points: TrustPoint[];
  readonly events: NewEvent[];
}

/** Records what observations made of trust: points, evaluations, events and one line in the log. */
export interface TrustRecorder {
  /**
   * Keeps what a step changed until it is recorded. To be called before the next step.
   *
   * @returns A promise only where something is to be kept.
   * @param evaluation - Number of the round that was evaluated, where one was.
   * @param options - `isTold`: it was told before, and only the points are made anew.
   */
  collect(
    step: FoldStep,
    stored: Pick<LoggedObservation, "rulesHash">,
    evaluation: number,
    options: { readonly isTold: boolean },
  ): Promise<void> | undefined;
  /** Stores what was collected. What cannot be stored now is tried again with the next call. */
  record(throughPosition: number): Promise<void>;
  /** Stores a checkpoint, or goes without. */
  saveCheckpoint(checkpoint: TrustCheckpoint): Promise<void>;
  /** Points that wait. */
  pending(): number;
  /** Lets go of what was collected: it is going to be collected again. */
  forget(): void;
}

export function createTrustRecorder(deps: {
  readonly history: TrustHistory;
  readonly policyVersion: () => number;
  readonly makeEvent: EventMaker;
  readonly metrics: Pick<TrustMetrics, "roundClosed" | "stateChanged">;
  readonly log: Log;
}): TrustRecorder {
  const { history, policyVersion, makeEvent, metrics, log } = deps;
  const evaluationOfRound = new Map<string, number>();
  let unrecorded = nothing();

  async function collect(
    step: FoldStep,
    stored: Pick<LoggedObservation, "rulesHash">,
    evaluation: number,
    { isTold }: { readonly isTold: boolean },
  ): Promise<void> {
    if (step.evaluated) {
      const { runId, round } = step.evaluated;
      evaluationOfRound.set(roundKey(runId, round), evaluation);
      if (evaluationOfRound.size > KNOWN_EVALUATIONS) forgetOldest(evaluationOfRound);
      const rulesHash = stored.rulesHash ?? "";
      unrecorded.evaluations.push({ evaluation, runId, round, rulesHash });
      if (!isTold) tellCalculation(step.evaluated);
    }
    if (!isTold) await collectEvents(step);
    // INVARIANT: the next step waits for this one, because what a step gives is to be read before it.
    let count = 0;
    for (const reading of step.points) {
      const { clientId, runId, round } = reading;
      if (runId === undefined || round === undefined) continue;
      const point = pointOf(reading);
      const number =
        evaluationOfRound.get(roundKey(runId, round)) ??
        (await history.evaluationOf(runId, round))?.evaluation;
      if (number !== undefined) unrecorded.points.push({ evaluation: number, clientId, point });
      count += 1;
      if (count % SLICE_POINTS === 0) await nextTurn();
    }
  }

  async function collectEvents(step: FoldStep): Promise<void> {
    for (const [index, { cause }] of step.changes.entries()) {
      metrics.stateChanged(cause);
      if (index % SLICE_EVENTS === SLICE_EVENTS - 1) await nextTurn();
    }
    const version = policyVersion();
    for (const event of trustEvents(makeEvent, step, version)) {
      unrecorded.events.push(event);
      if (unrecorded.events.length % SLICE_EVENTS === 0) await nextTurn();
    }
  }

  function tellCalculation({ runId, round, selected, states, guarded }: EvaluatedRound): void {
    const facts = { run_id: runId, round, selected, ...states, guarded };
    log.info(facts, "trust_calculation");
    metrics.roundClosed();
  }

  async function record(throughPosition: number): Promise<void> {
    const { evaluations, points, events } = unrecorded;
    if (evaluations.length + points.length + events.length === 0) return;
    try {
      await history.record({ throughPosition, evaluations, points, events });
      unrecorded = nothing();
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      log.warn({ cause }, "what observations made of trust is stored with the next ones");
    }
  }

  async function saveCheckpoint(checkpoint: TrustCheckpoint): Promise<void> {
    try {
      await history.saveCheckpoint(checkpoint);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      log.warn({ cause }, "the state of trust is stored later: a start takes longer until then");
    }
  }

  return {
    collect: (step, ...more) => (changesNothing(step) ? undefined : collect(step, ...more)),
    record,
    saveCheckpoint,
    pending: () => unrecorded.points.length,
    forget() {
      unrecorded = nothing();
    },
  };
}

/** Nearly every observation: nothing is scored before its round is closed. */
function changesNothing({ evaluated, points, changes, alerts }: FoldStep): boolean {
  const hasPoints = !Array.isArray(points) || points.length > 0;
  return !evaluated && !hasPoints && changes.length === 0 && alerts.length === 0;
}

function nothing(): Unrecorded {
  return { evaluations: [], points: [], events: [] };
}

function roundKey(runId: string, round: number): string {
  return `${round} ${runId}`;
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
