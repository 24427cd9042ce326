import type { FoldStep } from "../core/trust/fold-step.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";
import type { ObservationLog, RulesInForce, StoredObservation } from "./ports/observation-log.js";
import type { TrustCheckpoint, TrustHistory } from "./ports/trust-history.js";
import { runInSlices, startInSlices } from "./run-in-slices.js";
import { observationFrom } from "./trust-log-records.js";
import { keptTrustRules, type TrustRulesNow } from "./trust-rules-in-force.js";
import {
  applySteps,
  carriedOver,
  emptyTrustState,
  restoredTrustStateSteps,
  rulesHashesOf,
  type TrustState,
  type TrustStateOptions,
} from "./trust-state.js";

/** Observations read at once. */
const SLICE = 500;
/** Observations applied at a stretch: a millisecond or two. */
const APPLIED_AT_ONCE = 125;

/** Makes the state of trust from what is stored. Everything may fail with STORAGE_UNAVAILABLE. */
export interface TrustReplay {
  /** Rules that the log is about to name. */
  learn(now: TrustRulesNow): void;
  /** Rules that a checkpoint names, as they are kept. */
  rulesIn(checkpoint: TrustCheckpoint): readonly RulesInForce[];
  /** The newest checkpoint of this model; else what the log begins with. */
  newest(): Promise<TrustState>;
  /** The newest checkpoint of this model with fewer evaluated rounds; else what the log begins with. */
  newestBefore(evaluation: number): Promise<TrustState>;
  /** What the log begins with: nothing, or what was known when the log before it was lost. */
  beginning(): Promise<TrustState>;
  /**
   * Applies what the log has after `into.position`.
   *
   * @param onStep - Told what each observation changed.
   * @param choose - What is to become of each; absent: all are applied.
   * @returns How many observations that were.
   */
  replay(
    into: TrustState,
    onStep?: (step: FoldStep, stored: StoredObservation) => Promise<void> | undefined,
    choose?: (stored: StoredObservation) => ReplayChoice,
  ): Promise<number>;
}

/** `end`: it and everything after it is left out. */
export type ReplayChoice = "apply" | "skip" | "end";

interface KnownRules {
  readonly rules: TrustRules;
  readonly record: RulesInForce;
}

export function createTrustReplay(
  deps: TrustStateOptions & {
    readonly observationLog: ObservationLog;
    readonly history: TrustHistory;
    readonly rulesNow: () => TrustRulesNow;
    readonly clock: Pick<Clock, "monotonicMs">;
  },
): TrustReplay {
  const { observationLog, history, rulesNow, model, clock } = deps;
  const known = new Map<string, KnownRules>();

  async function rulesOf(hash: string): Promise<TrustRules> {
    const found = known.get(hash);
    if (found) return found.rules;
    const record = await observationLog.rules(hash);
    if (!record) throw new Error(`the observation log names trust rules ${hash} and has none`);
    const { rules } = keptTrustRules(record);
    known.set(hash, { rules, record });
    return rules;
  }

  async function restored(checkpoint: TrustCheckpoint): Promise<TrustState | undefined> {
    if (checkpoint.model !== model.version) return undefined;
    await Promise.all(rulesHashesOf(checkpoint).map((hash) => rulesOf(hash)));
    const steps = restoredTrustStateSteps(checkpoint, deps, (hash) => known.get(hash)?.rules);
    return runInSlices(steps, clock);
  }

  async function beginning(): Promise<TrustState> {
    const first = await history.checkpoint(1);
    if (!first) return emptyTrustState(deps);
    const state = await restored(carriedOver(first, model));
    if (state) return state;
    // Without it everybody who is excluded would be admitted.
    throw new Error(
      "a database was set aside before, and this engine cannot read what was known of clients then: " +
        "start the version of the engine that wrote it",
    );
  }

  async function newestBefore(evaluation: number): Promise<TrustState> {
    let checkpoint = await history.checkpoint();
    while (checkpoint) {
      const found = checkpoint.evaluation < evaluation && (await restored(checkpoint));
      if (found) return found;
      checkpoint = await history.checkpoint(checkpoint.position);
    }
    return beginning();
  }

  return {
    learn({ rules, record }) {
      known.set(record.hash, { rules, record });
    },
    rulesIn: (checkpoint) =>
      rulesHashesOf(checkpoint).flatMap((hash) => known.get(hash)?.record ?? []),
    newest: () => newestBefore(Infinity),
    newestBefore,
    beginning,
    async replay(into, onStep, choose = () => "apply") {
      let count = 0;
      const noRules = rulesNow().rules;
      for (;;) {
        const slice = await observationLog.read(into.position, SLICE);
        for (const [index, stored] of slice.entries()) {
          if (index % APPLIED_AT_ONCE === 0) await nextTurn();
          const choice = choose(stored);
          if (choice === "end") return count;
          const { rulesHash, receivedMs } = stored;
          const rules = rulesHash === undefined ? noRules : await rulesOf(rulesHash);
          if (!stored.late && choice === "apply") {
            const steps = applySteps(into, observationFrom(stored), { receivedMs, rules });
            const step = await startInSlices(steps, clock);
            await onStep?.(step, stored);
          }
          into.position = stored.position;
        }
        count += slice.length;
        if (slice.length < SLICE) return count;
      }
    },
  };
}
