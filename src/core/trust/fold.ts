import { finish } from "../finish.js";
import { ClientStates, type Names } from "./client-states.js";
import { type Evaluated, summaryOf } from "./close-round.js";
import { explainTrust } from "./explain-trust.js";
import type { FoldData } from "./fold-data.js";
import { advanceSteps, type FoldItem, itemOfRound } from "./fold-item.js";
import type { FoldStep, TrustAlert } from "./fold-step.js";
import { LatenessWindow } from "./lateness-window.js";
import { NameTable } from "./name-table.js";
import type {
  ClientPardoned,
  ClientRegistered,
  Observation,
  RoundOpened,
  UpdateReported,
  ViolationObserved,
} from "./observation.js";
import { refoldClient } from "./refold-client.js";
import { alertChanges, alertsOf, NO_ALERTS, type RunAlerts } from "./round-alerts.js";
import { RoundBook } from "./round-book.js";
import {
  type FoldedRound,
  readingsOf,
  readingsOfRounds,
  StateWatch,
  closeAndTellSteps,
} from "./state-changes.js";
import type { TrustExplanation } from "./trust-explanation.js";
import type { TrustFold } from "./trust-fold.js";
import { type TrustModel, trustModel } from "./trust-model.js";
import type { TrustReading, TrustState } from "./trust-reading.js";
import type { TrustRules } from "./trust-rules.js";
import { SNAPSHOT_LAYOUT, type TrustSnapshot } from "./trust-snapshot.js";

const CLIENTS_AT_ONCE = 256; // Some tenths of a millisecond.
const NOTHING: FoldStep = { points: [], changes: [], alerts: [] };

/** A fold that knows nothing yet. */
export function createTrustFold(model: TrustModel = trustModel()): TrustFold {
  return finish(Fold.openSteps(model, undefined, () => undefined));
}

/**
 * A fold as it was when the snapshot was taken, in steps.
 *
 * @param rulesOf - By hash: every one of `snapshot.rulesHashes`.
 * @returns Undefined: the snapshot is of another model version or layout, or of rules that nobody knows.
 */
export function* restoreTrustFoldSteps(
  model: TrustModel,
  snapshot: TrustSnapshot,
  rulesOf: (hash: string) => TrustRules | undefined,
): Generator<void, TrustFold | undefined> {
  if (snapshot.modelVersion !== model.version) return undefined;
  if (snapshot.layout !== SNAPSHOT_LAYOUT) return undefined;
  if (snapshot.rulesHashes.some((hash) => rulesOf(hash) === undefined)) return undefined;
  return yield* Fold.openSteps(model, snapshot.state as FoldData, rulesOf);
}

/** `live` is `base` after all kept items: from there, what a late observation changes is folded anew. */
class Fold implements TrustFold {
  private readonly base: ClientStates;
  private live: ClientStates;
  private readonly kept: LatenessWindow<FoldItem>;
  private readonly open = new Map<string, Map<number, RoundBook>>();
  private readonly alerts: Map<string, RunAlerts>;

  private constructor(
    private readonly model: TrustModel,
    private readonly names: Names,
    data: FoldData | undefined,
    rulesOf: (hash: string) => TrustRules | undefined,
  ) {
    this.base = new ClientStates(model, names, data?.base);
    const items = (data?.kept ?? []).map((item) =>
      "kind" in item
        ? { observation: item }
        : itemOfRound(RoundBook.restore(item, rulesOf(item.rulesHash))),
    );
    this.kept = new LatenessWindow(items, new Map(data?.lastClosed));
    for (const book of data?.open ?? []) {
      this.openOf(book.runId).set(book.round, RoundBook.restore(book));
    }
    this.alerts = new Map(data?.alerts);
    this.live = this.base;
  }

  static *openSteps(
    model: TrustModel,
    data: FoldData | undefined,
    rulesOf: (hash: string) => TrustRules | undefined,
  ): Generator<void, Fold> {
    const clients = new NameTable();
    yield* clients.numbersOfSteps(data?.clients ?? []);
    const names = { clients, runs: new NameTable(data?.runs) };
    const fold = new Fold(model, names, data, rulesOf);
    fold.live = yield* fold.foldKeptSteps();
    return fold;
  }

  get modelVersion(): string {
    return this.model.version;
  }

  apply(observation: Observation, rules: TrustRules): FoldStep {
    return finish(this.applySteps(observation, rules));
  }

  *applySteps(observation: Observation, rules: TrustRules): Generator<void, FoldStep> {
    switch (observation.kind) {
      case "round_opened":
        return yield* this.openRound(observation);
      case "update_reported":
      case "violation":
        return yield* this.addEvidence(observation);
      case "round_closed":
        return yield* this.closeRound(observation.runId, observation.round, rules);
      case "client_registered":
      case "client_pardoned":
        return yield* this.changeClient(observation);
    }
  }

  reading(clientId: string): TrustReading {
    return this.live.readingOf(clientId);
  }

  clientIds(): Iterable<string> {
    return this.names.clients.names;
  }

  countStates(): Record<TrustState, number> {
    return this.live.countStates();
  }

  explain(clientId: string, rules: TrustRules): TrustExplanation {
    return explainTrust(this.live, this.live.find(clientId), rules);
  }

  snapshot(): TrustSnapshot {
    const { base, kept, alerts, names } = this;
    const open = [...this.open.values()].flatMap((rounds) => [...rounds.values()]);
    const state: FoldData = {
      clients: names.clients.names,
      runs: names.runs.names,
      base: base.toData(),
      lastClosed: kept.lastClosed,
      alerts,
      kept: kept.items.flatMap(({ book, observation }) => book?.toData() ?? observation ?? []),
      open: open.map((book) => book.toData()),
    };
    const rulesHashes = [...new Set(kept.items.flatMap(({ book }) => book?.rules.hash ?? []))];
    return { modelVersion: this.modelVersion, layout: SNAPSHOT_LAYOUT, rulesHashes, state };
  }

  private openOf(runId: string): Map<number, RoundBook> {
    let rounds = this.open.get(runId);
    if (!rounds) {
      rounds = new Map();
      this.open.set(runId, rounds);
    }
    return rounds;
  }

  private *openRound({ runId, round, selectedClientIds }: RoundOpened): Generator<void, FoldStep> {
    const rounds = this.openOf(runId);
    if (rounds.has(round)) return NOTHING; // Told by a second reporter.
    const members = yield* this.names.clients.numbersOfSteps(selectedClientIds);
    rounds.set(round, RoundBook.open(runId, round, members));
    return NOTHING;
  }

  private *addEvidence(observation: UpdateReported | ViolationObserved): Generator<void, FoldStep> {
    const { runId, round, clientId } = observation;
    const open = this.open.get(runId)?.get(round);
    const book = open ?? this.kept.find(runId, round)?.book;
    const id = this.names.clients.find(clientId);
    const place = id === undefined ? undefined : book?.placeOf(id);
    if (!book || id === undefined || place === undefined) return NOTHING;
    const write = (): void => {
      if (observation.kind === "update_reported") book.addReport(place, observation);
      else book.addViolation(place, observation.severity, observation.observeTimeMs);
    };
    if (!open) return yield* this.refold(this.live.identities.clientOf(id), book, write);
    write();
    return NOTHING;
  }

  private *closeRound(runId: string, round: number, rules: TrustRules): Generator<void, FoldStep> {
    const rounds = this.openOf(runId);
    const book = rounds.get(round);
    if (!book) return NOTHING;
    book.rules = rules;
    rounds.delete(round);
    this.kept.push(itemOfRound(book));
    // Nobody may report to these any more, so nobody will close them.
    for (const old of [...rounds.keys()]) if (this.kept.isTooLate(runId, old)) rounds.delete(old);
    if (rounds.size === 0) this.open.delete(runId);
    yield* this.moveBase();
    // A large one on a copy, so that nobody reads half of it.
    const isLarge = book.size + this.live.excluded.size > CLIENTS_AT_ONCE;
    const next = isLarge ? this.live.copyForRound() : this.live;
    const closing = closeAndTellSteps(next, book);
    const { evaluated, told } = isLarge ? yield* closing : finish(closing);
    this.live = next;
    return {
      points: readingsOf(next, evaluated),
      evaluated: summaryOf(book, evaluated),
      changes: told.changes,
      alerts: [...told.alerts, ...this.updateAlerts()],
    };
  }

  /** A registration or a pardon has its place between two closed rounds. */
  private *changeClient(observation: ClientRegistered | ClientPardoned): Generator<void, FoldStep> {
    const { identities } = this.live;
    const watch = new StateWatch(this.live);
    watch.watch(identities.clientOf(this.names.clients.numberOf(observation.clientId)));
    const registered = observation.kind === "client_registered";
    if (registered) {
      const holder = identities.clientWithKey(observation.publicKeyFingerprint);
      if (holder !== undefined) watch.watch(holder);
    }
    this.kept.push({ observation });
    yield* this.moveBase();
    finish(advanceSteps(this.live, { observation }));
    const told = finish(watch.tellSteps(this.live, registered ? "REGISTRATION" : "PARDON"));
    return { points: [], ...told };
  }

  /** Puts late evidence at its place and folds what follows anew: one client, if that is enough. */
  private *refold(client: number, book: RoundBook, write: () => void): Generator<void, FoldStep> {
    const { items } = this.kept;
    const watch = new StateWatch(this.live);
    const registered = items.some(
      ({ observation }) =>
        observation?.kind === "client_registered" && this.live.isConcerned(client, observation),
    );
    if (registered) write();
    const path = registered ? undefined : refoldClient(this.base, items, client, write);
    if (!path) return yield* this.refoldAll(watch);
    watch.watch(client);
    const record = this.live.recordToWrite(client);
    record.copyFrom(path.record);
    this.live.noteState(client, record);
    const first = path.rounds.findIndex((round) => round.book === book);
    const { changes, alerts } = finish(watch.tellSteps(this.live, "LATE"));
    return {
      points: path.rounds.slice(first).flatMap(({ readings }) => readings),
      changes,
      alerts: [...alerts, ...this.updateAlerts()],
    };
  }

  private *refoldAll(watch: StateWatch): Generator<void, FoldStep> {
    for (const id of this.names.clients.names.keys()) {
      watch.watch(this.live.identities.clientOf(id));
      if (id % CLIENTS_AT_ONCE === 0) yield;
    }
    const rounds: FoldedRound[] = [];
    const next = yield* this.foldKeptSteps((states, evaluated) => {
      if (evaluated.length > 0) rounds.push({ states: states.copy(), evaluated });
    });
    const { changes, alerts } = yield* watch.tellSteps(next, "LATE");
    this.live = next;
    return {
      points: readingsOfRounds(rounds),
      changes,
      alerts: [...alerts, ...this.updateAlerts()],
    };
  }

  private *foldKeptSteps(
    onItem: (states: ClientStates, evaluated: readonly Evaluated[]) => void = () => undefined,
  ): Generator<void, ClientStates> {
    const states = this.base.copy();
    for (const item of this.kept.items) onItem(states, yield* advanceSteps(states, item));
    return states;
  }

  /** What no late observation can reach any more is settled. */
  private *moveBase(): Generator<void, void> {
    for (let item = this.kept.takeLeft(); item; item = this.kept.takeLeft()) {
      yield* advanceSteps(this.base, item);
    }
  }

  /** The alerts of a run are those of its last closed round. */
  private updateAlerts(): TrustAlert[] {
    const last = new Map(
      this.kept.items.flatMap(({ book }) => (book ? [[book.data.runId, book] as const] : [])),
    );
    return [...last].flatMap(([runId, book]) => {
      const before = this.alerts.get(runId) ?? NO_ALERTS;
      const after = alertsOf(book, this.model);
      this.alerts.set(runId, after);
      return alertChanges(before, after, book);
    });
  }
}
