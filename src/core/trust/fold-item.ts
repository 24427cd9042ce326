import type { ClientStates } from "./client-states.js";
import { closeRoundSteps, type Evaluated } from "./close-round.js";
import type { KeptItem } from "./lateness-window.js";
import type { ClientPardoned, ClientRegistered } from "./observation.js";
import type { RoundBook } from "./round-book.js";

/** One step of the fold: a closed round, or what happened to a client between two of them. */
export interface FoldItem extends KeptItem {
  readonly book?: RoundBook;
  readonly observation?: ClientRegistered | ClientPardoned;
}

export function itemOfRound(book: RoundBook): FoldItem {
  const { runId, round } = book.data;
  return { book, closed: { runId, round, size: book.size } };
}

/** @returns What the close of a round found. */
export function* advanceSteps(
  states: ClientStates,
  { book, observation }: FoldItem,
): Generator<void, readonly Evaluated[]> {
  if (book) return yield* closeRoundSteps(states, book);
  if (observation?.kind === "client_registered") states.register(observation);
  else if (observation) states.pardon(observation.clientId);
  return [];
}
