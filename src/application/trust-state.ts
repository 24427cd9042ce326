import type { ObservationDoor } from "../core/trust/admission.js";
import type { FoldStep } from "../core/trust/fold-step.js";
import { upgradedSnapshot } from "../core/trust/fold-data.js";
import { createTrustFold, restoreTrustFoldSteps } from "../core/trust/fold.js";
import { createObservationDoor, observationDoorSteps } from "../core/trust/observation-door.js";
import type { Observation } from "../core/trust/observation.js";
import type { TrustFold } from "../core/trust/trust-fold.js";
import type { TrustModel } from "../core/trust/trust-model.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import type { TrustSnapshot } from "../core/trust/trust-snapshot.js";
import type { TrustCheckpoint } from "./ports/trust-history.js";

export interface TrustStateOptions {
  readonly model: TrustModel;
  /** 0: as many as it likes. */
  readonly registrationsPerOwnerPerDay: number;
}

/** Everything that observations made so far: what goes into a checkpoint. */
export interface TrustState {
  /** What it knows was applied, all of it. */
  readonly door: ObservationDoor;
  readonly fold: TrustFold;
  /** Of the last observation that was applied. */
  position: number;
  /** How many rounds were evaluated. */
  evaluation: number;
}

export interface Recalculation {
  readonly clients: number;
  readonly observations: number;
  /** Clients whose trust was not bit for bit what it was before. */
  readonly differences: number;
}
const IDS_AT_ONCE = 1024;

interface CheckpointState {
  readonly door: unknown;
  readonly fold: TrustSnapshot;
}

export function emptyTrustState({ model, registrationsPerOwnerPerDay }: TrustStateOptions) {
  const state: TrustState = {
    door: createObservationDoor({ registrationsPerOwnerPerDay }),
    fold: createTrustFold(model),
    position: 0,
    evaluation: 0,
  };
  return state;
}

/** What goes with an observation of the log. */
export interface AppliedFacts {
  readonly receivedMs: number;
  /** In force when it was received. */
  readonly rules: TrustRules;
}

/**
 * Applies one observation that is in the log and came in time. What a reader finds is what it was, until
 * the last step.
 */
export function* applySteps(
  state: TrustState,
  observation: Observation,
  facts: AppliedFacts,
): Generator<void, FoldStep> {
  const step = yield* state.fold.applySteps(observation, facts.rules);
  yield* state.door.admitSteps(observation, facts.receivedMs);
  if (step.evaluated) state.evaluation += 1;
  return step;
}

/** A door of its own that knows what this one knows. */
export function copyOfDoorSteps(
  door: ObservationDoor,
  options: TrustStateOptions,
): Generator<void, ObservationDoor> {
  return observationDoorSteps(options, door.snapshot());
}

/** Rules that a checkpoint refers to. */
export function rulesHashesOf({ state }: TrustCheckpoint): readonly string[] {
  return (state as CheckpointState).fold.rulesHashes;
}

/** @returns Undefined: it is of another model or layout, or of rules that nobody knows. */
export function* restoredTrustStateSteps(
  checkpoint: TrustCheckpoint,
  { model, registrationsPerOwnerPerDay }: TrustStateOptions,
  rulesOf: (hash: string) => TrustRules | undefined,
): Generator<void, TrustState | undefined> {
  const { position, evaluation } = checkpoint;
  const kept = checkpoint.state as CheckpointState;
  if (checkpoint.model !== model.version) return undefined;
  const fold = yield* restoreTrustFoldSteps(model, kept.fold, rulesOf);
  if (!fold) return undefined;
  return {
    ...{ fold, position, evaluation },
    door: yield* observationDoorSteps({ registrationsPerOwnerPerDay }, kept.door),
  };
}

/**
 * The checkpoint for another model, and in the layout of now: evidence and states are what they were, and
 * the model goes on from there. For where the observations that led to it are not to be had any more.
 */
export function carriedOver(checkpoint: TrustCheckpoint, model: TrustModel): TrustCheckpoint {
  const kept = checkpoint.state as CheckpointState;
  const fold = { ...upgradedSnapshot(kept.fold), modelVersion: model.version };
  return { ...checkpoint, model: model.version, state: { ...kept, fold } };
}

/** To be stored before anything else is applied: it shares memory with the state. */
export function checkpointOf(state: TrustState): TrustCheckpoint {
  const { door, fold, position, evaluation } = state;
  const kept: CheckpointState = { door: door.snapshot(), fold: fold.snapshot() };
  return { position, evaluation, model: fold.modelVersion, state: kept };
}

/** How many clients there are, and of how many the trust is not bit for bit the same. */
export function* compareSteps(
  one: Pick<TrustState, "fold">,
  other: Pick<TrustState, "fold">,
): Generator<void, { readonly clients: number; readonly differences: number }> {
  const ids = new Set<string>();
  for (const { fold } of [one, other]) {
    for (const id of fold.clientIds()) {
      ids.add(id);
      if (ids.size % IDS_AT_ONCE === 0) yield;
    }
  }
  let differences = 0;
  for (const id of ids) {
    yield;
    const [left, right] = [one, other].map(({ fold }) => JSON.stringify(fold.reading(id)));
    if (left !== right) differences += 1;
  }
  return { clients: ids.size, differences };
}
