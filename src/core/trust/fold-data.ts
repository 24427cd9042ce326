import type { ClientStatesData } from "./client-states.js";
import type { ClientPardoned, ClientRegistered } from "./observation.js";
import type { RunAlerts } from "./round-alerts.js";
import { pagesOfLayout1 } from "./record-pages.js";
import type { RoundBookData } from "./round-book.js";
import { SNAPSHOT_LAYOUT, type TrustSnapshot } from "./trust-snapshot.js";

/** What a snapshot holds. `base` and `kept` make the state of now. */
export interface FoldData {
  readonly clients: readonly string[];
  readonly runs: readonly string[];
  readonly base: ClientStatesData;
  readonly lastClosed: ReadonlyMap<string, number>;
  readonly alerts: ReadonlyMap<string, RunAlerts>;
  readonly kept: readonly (RoundBookData | ClientRegistered | ClientPardoned)[];
  readonly open: readonly RoundBookData[];
}

/**
 * A snapshot of an older layout as it would be now, for where it cannot be made anew from observations:
 * of violations before it nothing is known.
 */
export function upgradedSnapshot(snapshot: TrustSnapshot): TrustSnapshot {
  if (snapshot.layout !== 1) return snapshot;
  const state = snapshot.state as FoldData;
  const base = { ...state.base, records: pagesOfLayout1(state.base.records) };
  return { ...snapshot, layout: SNAPSHOT_LAYOUT, state: { ...state, base } };
}
