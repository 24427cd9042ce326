import type { TrustAlert } from "./fold-step.js";
import type { RoundBook } from "./round-book.js";
import type { TrustModel } from "./trust-model.js";

/** Which alerts of a run are raised: those of its last closed round. */
export interface RunAlerts {
  readonly minCohort: boolean;
  readonly massStateChange: boolean;
}

export const NO_ALERTS: RunAlerts = { minCohort: false, massStateChange: false };

export function alertsOf({ facts }: RoundBook, { parameters }: TrustModel): RunAlerts {
  return {
    minCohort: facts.guarded,
    massStateChange: facts.changed > parameters.massChangeShare * facts.selected,
  };
}

/** What is to be told: only what became another. */
export function alertChanges(before: RunAlerts, after: RunAlerts, book: RoundBook): TrustAlert[] {
  const { runId, round } = book.data;
  const { selected, wished, changed } = book.facts;
  const told: TrustAlert[] = [];
  if (before.minCohort !== after.minCohort) {
    const raised = after.minCohort;
    told.push({ kind: "min_cohort", raised, runId, round, selected, clients: wished });
  }
  if (before.massStateChange !== after.massStateChange) {
    const raised = after.massStateChange;
    told.push({ kind: "mass_state_change", raised, runId, round, selected, clients: changed });
  }
  return told;
}
