import type { ActivePolicySet } from "./active-policy-set.js";
import { DEFAULT_DECISIONS } from "./analyze-policy-impact.js";
import { PdpError } from "./errors.js";
import type { LoadedPolicySet } from "./ports/policy-source.js";
import type { ReplayDecisions } from "./replay-decisions.js";

/**
 * Refuses a change that would turn too many of the newest 10,000 recorded decisions, unless whoever
 * makes it names how many: within one percent of those looked at, because decisions go on being
 * recorded between looking and changing.
 *
 * Rejects with IMPACT_TOO_LARGE, or with STORAGE_UNAVAILABLE where it cannot tell.
 */
export type ImpactGuard = (
  change: { readonly active: ActivePolicySet; readonly set: LoadedPolicySet },
  /** What whoever makes the change says it flips; undefined where they say nothing. */
  confirmedFlips: number | undefined,
) => Promise<void>;

export function createImpactGuard({
  replay,
  maxFlippedPercent,
}: {
  readonly replay: ReplayDecisions;
  /** 0 to 100, of the decisions that can be decided again. */
  readonly maxFlippedPercent: number;
}): ImpactGuard {
  return async ({ active, set }, confirmedFlips) => {
    const { snapshot } = active;
    const before = active.policies.map(({ policy }) => policy);
    const after = set.policies.map(({ policy }) => policy);
    const impact = await replay({ snapshot, before, after }, DEFAULT_DECISIONS);
    const { flipped, decided } = impact;
    if (flipped * 100 <= maxFlippedPercent * decided) return;
    const tolerance = Math.floor(decided / 100);
    if (confirmedFlips !== undefined && Math.abs(confirmedFlips - flipped) <= tolerance) return;
    throw new PdpError({ reason: "IMPACT_TOO_LARGE", flipped, decided, maxFlippedPercent });
  };
}
