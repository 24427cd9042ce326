import type { DenyKind } from "../../core/decision.js";
import type { ChangeCause } from "../../core/trust/fold-step.js";
import type { TrustState } from "../../core/trust/trust-reading.js";

/** What is counted. Never labelled by client: the number of clients is not bounded. */
export interface Metrics {
  /** `policyType` is `unknown` for a type no policy has: names of callers are not labels. */
  decision(facts: { policyType: string; answer: "allowed" | DenyKind; durationMs: number }): void;
  policyLoaded(facts: { policyVersion: number; policies: number; rules: number }): void;
  policyLoadFailed(): void;
  unknownPolicyType(): void;
  subscribers(count: number): void;
}

/** What is counted of trust. Never labelled by client, run or reporter: callers choose these names. */
export interface TrustMetrics {
  /** That so many observations more (or, negative, fewer) are on their way. */
  pending(change: number): void;
  /** What became of a report. */
  reported(answer: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly late: number;
    readonly rejected: readonly { readonly reason: string }[];
  }): void;
  /** Observations of a report that could not be stored: it may be sent again. */
  notStored(observations: number): void;
  /** @returns To be called when a report that was stored is folded, and what it changed is recorded. */
  applying(closesRound: boolean): () => void;
  roundClosed(): void;
  stateChanged(cause: ChangeCause): void;
  /** Shows how many clients there are of each state, counted when metrics are read. Call once. */
  watchClients(countsByState: () => Readonly<Record<TrustState, number>>): void;
}
