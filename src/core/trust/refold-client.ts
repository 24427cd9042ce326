import type { ClientRecord } from "./client-record.js";
import type { ClientStates } from "./client-states.js";
import { evaluateClient, isGuarded, isNotable, placeOfRound, waitOut } from "./close-round.js";
import type { FoldItem } from "./fold-item.js";
import type { RoundBook } from "./round-book.js";
import type { TrustReading } from "./trust-reading.js";
import { excludeClient, pardonClient } from "./trust-state.js";

/** What one round made of one client. */
export interface ClientRound {
  readonly book: RoundBook;
  /** What others may have felt of it; absent: not selected. */
  readonly share?: {
    readonly wished: number;
    readonly remaining: number;
    readonly changed: number;
  };
  /** After the round, for each name. */
  readonly readings: readonly TrustReading[];
}

export interface ClientPath {
  readonly rounds: readonly ClientRound[];
  /** At the end. */
  readonly record: ClientRecord;
}

/**
 * Folds one client anew after `write` changed the evidence of one of its kept rounds.
 *
 * @returns Undefined: others are concerned, because a round is now guarded that was not, or was and is
 *   not. Then everything has to be folded anew.
 */
export function refoldClient(
  base: ClientStates,
  items: readonly FoldItem[],
  client: number,
  write: () => void,
): ClientPath | undefined {
  countShares(clientPath(base, items, client), -1);
  write();
  const path = clientPath(base, items, client);
  countShares(path, 1);
  const concerned = path.rounds.some(
    ({ book: { facts, rules } }) => isGuarded(facts, rules.minCohort) !== facts.guarded,
  );
  return concerned ? undefined : path;
}

/**
 * Follows one client from `base` through the kept rounds, as `closeRound` does for all; it is excluded
 * in rounds that were not guarded. No registration on the way may concern it.
 */
function clientPath(base: ClientStates, items: readonly FoldItem[], client: number): ClientPath {
  const record = base.copyOf(client);
  const ids = base.identities.namesOf(client);
  const selectedBy = new Set<string>();
  const rounds: ClientRound[] = [];
  for (const { book, observation } of items) {
    if (observation?.kind === "client_pardoned") {
      const pardoned = base.find(observation.clientId);
      if (pardoned === client) pardonClient(record);
    }
    if (!book) continue;
    const { runId } = book.data;
    const places = ids.flatMap((id) => book.placeOf(id) ?? []);
    const waits =
      selectedBy.has(runId) || base.wasSelected(base.names.runs.numberOf(runId), client);
    let share: ClientRound["share"];
    if (places.length > 0) {
      selectedBy.add(runId);
      share = shareOf(base, record, book, places);
    } else if (
      !waits ||
      record.state !== "EXCLUDED" ||
      !waitOut(record, placeOfRound(base, book))
    ) {
      continue;
    }
    const readings = ids.map((id) => base.readRecord(record, base.names.clients.nameOf(id)));
    rounds.push({ book, readings, ...(share && { share }) });
  }
  return { rounds, record };
}

function shareOf(
  base: ClientStates,
  record: ClientRecord,
  book: RoundBook,
  places: readonly number[],
): ClientRound["share"] {
  const evidence = book.joined(places);
  const { before, wished, remains } = evaluateClient(
    base,
    record,
    placeOfRound(base, book),
    evidence,
  );
  if (wished && !book.facts.guarded) excludeClient(record, book.rules);
  const changed = isNotable(before, record.state);
  return { wished: Number(wished), remaining: Number(remains), changed: Number(changed) };
}

/** Takes what a client did to the facts of its rounds back (-1), or adds it (1). */
function countShares(path: ClientPath, sign: 1 | -1): void {
  for (const { book, share } of path.rounds) {
    if (!share) continue;
    const { facts } = book;
    facts.wished += sign * share.wished;
    facts.remaining += sign * share.remaining;
    facts.changed += sign * share.changed;
  }
}
