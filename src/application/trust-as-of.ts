import { MOST_KEPT_ROUNDS } from "../core/trust/lateness-window.js";
import type { TrustFold } from "../core/trust/trust-fold.js";
import { atMostAtOnce } from "./at-most-at-once.js";
import { PdpError } from "./errors.js";
import type { StoredObservation } from "./ports/observation-log.js";
import type { Evaluation, TrustHistory } from "./ports/trust-history.js";
import type { ReplayChoice, TrustReplay } from "./trust-replay.js";

/** One is worked on after the other; more than these are refused. */
const MOST_WAITING = 4;

/**
 * The state as of an evaluated round: what was kept then, and what came late for that round or one
 * before it. Costs as much as folding the log up to there, unless a checkpoint is near.
 *
 * @throws {PdpError} OVERLOADED, STORAGE_UNAVAILABLE.
 */
export type TrustAsOf = (evaluation: Evaluation) => Promise<Pick<TrustFold, "explain">>;

export function createTrustAsOf(deps: {
  readonly replay: Pick<TrustReplay, "newestBefore" | "replay">;
  readonly history: Pick<TrustHistory, "evaluations">;
}): TrustAsOf {
  const limited = atMostAtOnce(MOST_WAITING, "explanations of earlier rounds");
  let queue: Promise<unknown> = Promise.resolve();

  async function folded({ evaluation: target }: Evaluation): Promise<TrustFold> {
    const state = await deps.replay.newestBefore(target);
    // When that round was closed, this one had left the window: nothing came late for it any more.
    const beyond = target + MOST_KEPT_ROUNDS + 1;
    const [end] = await deps.history.evaluations(beyond, beyond);
    const choose = (stored: StoredObservation): ReplayChoice => {
      if (state.evaluation < target) return "apply";
      const { kind, runId, round } = stored;
      if (kind === "round_closed" && runId === end?.runId && round === end.round) return "end";
      return kind === "update_reported" || kind === "violation" ? "apply" : "skip";
    };
    await deps.replay.replay(state, undefined, choose);
    // The database was set aside meanwhile: the log is another one.
    if (state.evaluation !== target) {
      throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the observation log" });
    }
    return state.fold;
  }

  return (evaluation) =>
    limited(() => {
      const result = queue.then(() => folded(evaluation));
      queue = result.catch(() => undefined);
      return result;
    });
}
