import type { ObservationDoor } from "../core/trust/admission.js";
import { createTrustFold, restoreTrustFold } from "../core/trust/fold.js";
import { createObservationDoor } from "../core/trust/observation-door.js";
import type { Observation } from "../core/trust/observation.js";
import type { TrustFold } from "../core/trust/trust-fold.js";
import type { TrustModel } from "../core/trust/trust-model.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import type { TrustSnapshot } from "../core/trust/trust-snapshot.js";
import type { TrustCheckpoint } from "./ports/trust-history.js";

/** A run may be told of rounds that are closed already, so many back. */
const LATE_ROUNDS = 2;

export interface TrustStateOptions {
  readonly model: TrustModel;
  /** 0: as many as it likes. */
  readonly registrationsPerOwnerPerDay: number;
}

/** Everything that observations made so far: what goes into a checkpoint. */
export interface TrustState {
  readonly door: ObservationDoor;
  readonly fold: TrustFold;
  readonly openRounds: OpenRounds;
  /** Of the last observation that was applied. */
  position: number;
  /** How many rounds were evaluated. */
  evaluation: number;
}

interface CheckpointState {
  readonly door: unknown;
  readonly fold: TrustSnapshot;
  readonly open: readonly (readonly [string, number, readonly string[]])[];
}

export function emptyTrustState({ model, registrationsPerOwnerPerDay }: TrustStateOptions) {
  const state: TrustState = {
    door: createObservationDoor({ registrationsPerOwnerPerDay }),
    fold: createTrustFold(model),
    openRounds: createOpenRounds([]),
    position: 0,
    evaluation: 0,
  };
  return state;
}

/** Rules that a checkpoint refers to. */
export function rulesHashesOf({ state }: TrustCheckpoint): readonly string[] {
  return (state as CheckpointState).fold.rulesHashes;
}

/** @returns Undefined: it is of another model, or of rules that nobody knows. */
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
    ...{ fold, position, evaluation, openRounds: createOpenRounds(kept.open) },
    door: createObservationDoor({ registrationsPerOwnerPerDay }, kept.door),
  };
}

/** To be stored before anything else is applied: it shares memory with the state. */
export function checkpointOf(state: TrustState): TrustCheckpoint {
  const { door, fold, openRounds, position, evaluation } = state;
  const kept: CheckpointState = {
    ...{ door: door.snapshot(), fold: fold.snapshot() },
    open: openRounds.entries(),
  };
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

/** Which rounds are open, and for whom. */
export interface OpenRounds {
  apply(observation: Observation): void;
  isSelected(runId: string, round: number, clientId: string): boolean;
  /** A round for which the client is selected, the newest; undefined: none is open. */
  roundOf(clientId: string): { readonly runId: string; readonly round: number } | undefined;
  entries(): readonly (readonly [string, number, readonly string[]])[];
}

function createOpenRounds(
  entries: readonly (readonly [string, number, readonly string[]])[],
): OpenRounds {
  /** By run and round, in the order in which they were opened. */
  const runs = new Map<string, Map<number, ReadonlySet<string>>>();
  for (const [runId, round, ids] of entries) openOf(runId).set(round, new Set(ids));

  function openOf(runId: string): Map<number, ReadonlySet<string>> {
    const known = runs.get(runId) ?? new Map<number, ReadonlySet<string>>();
    runs.set(runId, known);
    return known;
  }

  function close(runId: string, closed: number): void {
    const rounds = openOf(runId);
    rounds.delete(closed);
    for (const round of [...rounds.keys()]) {
      if (closed > round + LATE_ROUNDS) rounds.delete(round); // Left behind: nobody can close it.
    }
    if (rounds.size === 0) runs.delete(runId);
  }

  return {
    apply(observation) {
      if (observation.kind === "round_opened") {
        const { runId, round, selectedClientIds } = observation;
        openOf(runId).set(round, new Set(selectedClientIds));
      } else if (observation.kind === "round_closed") {
        close(observation.runId, observation.round);
      }
    },
    isSelected: (runId, round, clientId) => runs.get(runId)?.get(round)?.has(clientId) ?? false,
    roundOf(clientId) {
      for (const [runId, rounds] of [...runs].reverse()) {
        for (const [round, selected] of [...rounds].reverse()) {
          if (selected.has(clientId)) return { runId, round };
        }
      }
      return undefined;
    },
    entries: () =>
      [...runs].flatMap(([runId, rounds]) =>
        [...rounds].map(([round, selected]) => [runId, round, [...selected]] as const),
      ),
  };
}
