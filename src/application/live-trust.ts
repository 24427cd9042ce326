import type { FoldStep } from "../core/trust/fold-step.js";
import type { Observation } from "../core/trust/observation.js";
import type { Clock } from "./ports/clock.js";
import { startInSlices } from "./run-in-slices.js";
import { type AppliedFacts, applySteps, type TrustState } from "./trust-state.js";

/** The state that everybody reads. Calls that change it do not overlap. */
export interface LiveTrust {
  readonly state: TrustState;
  /** Grows in the very turn in which a reading may have become another. */
  revision(): number;
  adopt(fresh: TrustState): void;
  /** A promise only where it takes so long that others have their turn meanwhile. */
  apply(observation: Observation, facts: AppliedFacts): FoldStep | Promise<FoldStep>;
}

export function createLiveTrust(first: TrustState, clock: Pick<Clock, "monotonicMs">): LiveTrust {
  let state = first;
  let revision = 0;

  function* applied(observation: Observation, facts: AppliedFacts): Generator<void, FoldStep> {
    const step = yield* applySteps(state, observation, facts);
    if (changesReadings(observation, step)) revision += 1;
    return step;
  }

  return {
    get state() {
      return state;
    },
    revision: () => revision,
    adopt(fresh) {
      state = fresh;
      revision += 1;
    },
    apply: (observation, facts) => startInSlices(applied(observation, facts), clock),
  };
}

/** Evidence of an open round changes no reading before the round is closed: it is nearly everything. */
function changesReadings({ kind }: Observation, { points }: FoldStep): boolean {
  const isEvidence = kind === "update_reported" || kind === "violation";
  return !isEvidence || !Array.isArray(points) || points.length > 0;
}
