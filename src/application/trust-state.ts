import type { ObservationDoor } from "../core/trust/admission.js";
import type { FoldStep } from "../core/trust/fold-step.js";
import { createTrustFold, restoreTrustFold, upgradedSnapshot } from "../core/trust/fold.js";
import { createObservationDoor } from "../core/trust/observation-door.js";
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

/** Applies one observation that is in the log and came in time. */
export function applyObservation(
  state: TrustState,
  observation: Observation,
  facts: { readonly receivedMs: number; readonly rules: TrustRules },
): FoldStep {
  state.door.admit(observation, facts.receivedMs);
  const step = state.fold.apply(observation, facts.rules);
  if (step.evaluated) state.evaluation += 1;
  return step;
}

/** A door of its own that knows what this one knows. */
export function copyOfDoor(door: ObservationDoor, options: TrustStateOptions): ObservationDoor {
  return createObservationDoor(options, door.snapshot());
}

/** Rules that a checkpoint refers to. */
export function rulesHashesOf({ state }: TrustCheckpoint): readonly string[] {
  return (state as CheckpointState).fold.rulesHashes;
}

/** @returns Undefined: it is of another model or layout, or of rules that nobody knows. */
export function restoredTrustState(
  checkpoint: TrustCheckpoint,
  { model, registrationsPerOwnerPerDay }: TrustStateOptions,
  rulesOf: (hash: string) => TrustRules | undefined,
): TrustState | undefined {
  const { position, evaluation } = checkpoint;
  const kept = checkpoint.state as CheckpointState;
  if (checkpoint.model !== model.version) return undefined;
  const fold = restoreTrustFold(model, kept.fold, rulesOf);
  if (!fold) return undefined;
  return {
    ...{ fold, position, evaluation },
    door: createObservationDoor({ registrationsPerOwnerPerDay }, kept.door),
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
export function compareStates(
  one: Pick<TrustState, "fold">,
  other: Pick<TrustState, "fold">,
): { readonly clients: number; readonly differences: number } {
  const ids = new Set([...one.fold.clientIds(), ...other.fold.clientIds()]);
  let differences = 0;
  for (const id of ids) {
    const [left, right] = [one, other].map(({ fold }) => JSON.stringify(fold.reading(id)));
    if (left !== right) differences += 1;
  }
  return { clients: ids.size, differences };
}
