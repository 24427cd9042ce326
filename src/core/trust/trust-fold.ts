import type { FoldStep } from "./fold-step.js";
import type { Observation } from "./observation.js";
import type { TrustExplanation } from "./trust-explanation.js";
import type { TrustReading, TrustState } from "./trust-reading.js";
import type { TrustRules } from "./trust-rules.js";
import type { TrustSnapshot } from "./trust-snapshot.js";

/**
 * Scores as a fold over the log of observations. It owns its state (compact, changed in place), reads
 * no clock and draws no lots: the same log gives the same state, bit for bit.
 *
 * How to use it:
 *
 * 1. A batch comes in: ask `ObservationDoor.admit` for each observation in turn. It answers `accepted`,
 *    `duplicate`, `late` or why not, and remembers what it accepted.
 * 2. Write what was accepted to the log. Only when that is durable, `apply` it here, in the order of
 *    the log; `late` ones are kept in the log, marked, and not applied.
 * 3. If writing fails, door and fold are made afresh from the last snapshot and the log after it.
 *
 * Nothing is scored before its round is closed. An observation of a round that is closed already (the
 * door lets in those of up to two rounds ago) is put at its place and what follows is folded again.
 */
export interface TrustFold {
  /** Changes with the model and with any of its parameters; a snapshot of another one is refused. */
  readonly modelVersion: string;
  /**
   * @param rules - Trust rules in force; read only for `round_closed`, and to be the same again
   *   whenever that observation is applied.
   */
  apply(observation: Observation, rules: TrustRules): FoldStep;
  /**
   * The same in steps of well under a millisecond: whoever runs them decides when others have their
   * turn. Readings are what they were until the last step. Nothing else is applied before that.
   */
  applySteps(observation: Observation, rules: TrustRules): Generator<void, FoldStep>;
  /** Of any client, at a cost that does not grow with its history; the prior of one never heard of. */
  reading(clientId: string): TrustReading;
  /** In no particular order. */
  clientIds(): Iterable<string>;
  /** Clients by state, each once, whatever the number of its names. */
  countStates(): Readonly<Record<TrustState, number>>;
  /** Why the score is what it is, and how many more rounds would change the state. */
  explain(clientId: string, rules: TrustRules): TrustExplanation;
  /**
   * A plain value, to be copied by structured clone before the next `apply`: it shares memory with the
   * fold. With the observations after it: the same state.
   */
  snapshot(): TrustSnapshot;
}
