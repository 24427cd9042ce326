import { createTrustFold } from "../../src/core/trust/fold.js";
import type { FoldStep } from "../../src/core/trust/fold-step.js";
import type { Observation } from "../../src/core/trust/observation.js";
import type { TrustFold } from "../../src/core/trust/trust-fold.js";
import { DEFAULT_TRUST_RULES, type TrustRules } from "../../src/core/trust/trust-rules.js";
import { closed, opened, updated } from "./trust-observations.js";

/** Honest clients, enough that the cohort never holds an exclusion of `a` back. */
export const HONEST = ["h1", "h2", "h3", "h4", "h5"] as const;

export interface RoundOptions {
  readonly selected?: readonly string[];
  readonly rules?: TrustRules;
  readonly runId?: string;
}

/** A fold that is told round after round. */
export class Federation {
  private readonly rounds = new Map<string, number>();

  constructor(readonly fold: TrustFold = createTrustFold()) {}

  /**
   * One round of `a` and the honest ones, or of those selected: what is given of it is told, and for
   * every other honest client a good update.
   */
  round(evidence: readonly Evidence[], options: RoundOptions = {}): FoldStep {
    const { selected = ["a", ...HONEST], rules = DEFAULT_TRUST_RULES, runId = "run" } = options;
    const round = (this.rounds.get(runId) ?? 0) + 1;
    this.rounds.set(runId, round);
    const at = { runId, round };
    this.apply(opened(selected, at), rules);
    for (const one of evidence) this.apply({ ...one, ...at }, rules);
    const told = new Set(evidence.map(({ clientId }) => clientId));
    for (const clientId of HONEST) {
      if (selected.includes(clientId) && !told.has(clientId))
        this.apply(updated(clientId, at), rules);
    }
    return this.apply(closed(at), rules);
  }

  /** The same round again and again. */
  repeat(count: number, evidence: readonly Evidence[], options: RoundOptions = {}): FoldStep[] {
    return Array.from({ length: count }, () => this.round(evidence, options));
  }

  apply(observation: Observation, rules: TrustRules = DEFAULT_TRUST_RULES): FoldStep {
    return this.fold.apply(observation, rules);
  }

  trust(clientId = "a"): number {
    return this.fold.reading(clientId).trustScore;
  }

  state(clientId = "a"): string {
    return this.fold.reading(clientId).state;
  }
}

type Evidence = Extract<Observation, { readonly kind: "update_reported" | "violation" }>;
