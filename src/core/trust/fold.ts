import { ClientStates, type ClientStatesData, type Names } from "./client-states.js";
import type { Evaluated } from "./close-round.js";
import { explainTrust } from "./explain-trust.js";
import { advance, type FoldItem, itemOfRound } from "./fold-item.js";
import type { EvaluatedRound, FoldStep, TrustAlert } from "./fold-step.js";
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
import { pagesOfLayout1 } from "./record-pages.js";
import { RoundBook, type RoundBookData } from "./round-book.js";
import { readingsOf, StateWatch, toldOfRound } from "./state-changes.js";
import type { TrustExplanation } from "./trust-explanation.js";
import type { TrustFold } from "./trust-fold.js";
import { type TrustModel, trustModel } from "./trust-model.js";
import type { TrustReading, TrustState } from "./trust-reading.js";
import type { TrustRules } from "./trust-rules.js";
import { SNAPSHOT_LAYOUT, type TrustSnapshot } from "./trust-snapshot.js";

/** What a snapshot holds. `base` and `kept` make the state of now. */
interface FoldData {
  readonly clients: readonly string[];
  readonly runs: readonly string[];
  readonly base: ClientStatesData;
  readonly lastClosed: ReadonlyMap<string, number>;
  readonly alerts: ReadonlyMap<string, RunAlerts>;
  readonly kept: readonly (RoundBookData | ClientRegistered | ClientPardoned)[];
  readonly open: readonly RoundBookData[];
}

const NOTHING: FoldStep = { points: [], changes: [], alerts: [] };

/** A fold that knows nothing yet. */
export function createTrustFold(model: TrustModel = trustModel()): TrustFold {
  return new Fold(model, undefined, () => undefined);
}

/**
 * A fold as it was when the snapshot was taken.
 *
 * @param rulesOf - By hash: every one of `snapshot.rulesHashes`.
 * @returns Undefined: the snapshot is of another model version or layout, or of rules that nobody knows.
 */
export function restoreTrustFold(
  model: TrustModel,
  snapshot: TrustSnapshot,
  rulesOf: (hash: string) => TrustRules | undefined,
): TrustFold | undefined {
  if (snapshot.modelVersion !== model.version) return undefined;
  if (snapshot.layout !== SNAPSHOT_LAYOUT) return undefined;
  if (snapshot.rulesHashes.some((hash) => rulesOf(hash) === undefined)) return undefined;
  return new Fold(model, snapshot.state as FoldData, rulesOf);
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

/** `live` is `base` after all kept items: from there, what a late observation changes is folded anew. */
class Fold implements TrustFold {
  private readonly names: Names;
  private readonly base: ClientStates;
  private live: ClientStates;
  private readonly kept: LatenessWindow<FoldItem>;
  private readonly open = new Map<string, Map<number, RoundBook>>();
  private readonly alerts: Map<string, RunAlerts>;

  constructor(
    private readonly model: TrustModel,
    data: FoldData | undefined,
    rulesOf: (hash: string) => TrustRules | undefined,
  ) {
    this.names = { clients: new NameTable(data?.clients), runs: new NameTable(data?.runs) };
    this.base = new ClientStates(model, this.names, data?.base).copy();
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
    this.live = this.foldKept();
  }

  get modelVersion(): string {
    return this.model.version;
  }

  apply(observation: Observation, rules: TrustRules): FoldStep {
    switch (observation.kind) {
      case "round_opened":
        return this.openRound(observation);
      case "update_reported":
      case "violation":
        return this.addEvidence(observation);
      case "round_closed":
        return this.closeRound(observation.runId, observation.round, rules);
      case "client_registered":
      case "client_pardoned":
        return this.changeClient(observation);
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
    const books = kept.items.flatMap(({ book }) => book ?? []);
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
    const rulesHashes = [...new Set(books.map(({ rules }) => rules.hash))];
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

  private openRound({ runId, round, selectedClientIds }: RoundOpened): FoldStep {
    const rounds = this.openOf(runId);
    if (rounds.has(round)) return NOTHING; // Told by a second reporter.
    const members = selectedClientIds.map((id) => this.names.clients.numberOf(id));
    rounds.set(round, RoundBook.open(runId, round, members));
    return NOTHING;
  }

  private addEvidence(observation: UpdateReported | ViolationObserved): FoldStep {
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
    if (!open) return this.refold(this.live.identities.clientOf(id), book, write);
    write();
    return NOTHING;
  }

  private closeRound(runId: string, round: number, rules: TrustRules): FoldStep {
    const rounds = this.openOf(runId);
    const book = rounds.get(round);
    if (!book) return NOTHING;
    book.rules = rules;
    rounds.delete(round);
    const item = itemOfRound(book);
    this.kept.push(item);
    const evaluated = advance(this.live, item);
    // Nobody may report to these any more, so nobody will close them.
    for (const old of [...rounds.keys()]) if (this.kept.isTooLate(runId, old)) rounds.delete(old);
    if (rounds.size === 0) this.open.delete(runId);
    this.moveBase();
    const told = toldOfRound(this.live, evaluated, { runId, round });
    return {
      points: readingsOf(this.live, evaluated),
      evaluated: summaryOf(book, evaluated),
      changes: told.changes,
      alerts: [...told.alerts, ...this.updateAlerts()],
    };
  }

  /** A registration or a pardon has its place between two closed rounds. */
  private changeClient(observation: ClientRegistered | ClientPardoned): FoldStep {
    const { identities } = this.live;
    const watch = new StateWatch(this.live);
    watch.watch(identities.clientOf(this.names.clients.numberOf(observation.clientId)));
    const registered = observation.kind === "client_registered";
    if (registered) {
      const holder = identities.clientWithKey(observation.publicKeyFingerprint);
      if (holder !== undefined) watch.watch(holder);
    }
    const item = { observation };
    this.kept.push(item);
    advance(this.live, item);
    this.moveBase();
    return { points: [], ...watch.tell(this.live, registered ? "REGISTRATION" : "PARDON") };
  }

  /** Puts late evidence at its place and folds what follows anew: one client, if that is enough. */
  private refold(client: number, book: RoundBook, write: () => void): FoldStep {
    const { items } = this.kept;
    const watch = new StateWatch(this.live);
    const registered = items.some(
      ({ observation }) =>
        observation?.kind === "client_registered" && this.live.isConcerned(client, observation),
    );
    if (registered) write();
    const path = registered ? undefined : refoldClient(this.base, items, client, write);
    if (!path) return this.refoldAll(watch);
    watch.watch(client);
    const record = this.live.recordOf(client);
    record.copyFrom(path.record);
    this.live.noteState(client, record);
    const first = path.rounds.findIndex((round) => round.book === book);
    const { changes, alerts } = watch.tell(this.live, "LATE");
    return {
      points: path.rounds.slice(first).flatMap(({ readings }) => readings),
      changes,
      alerts: [...alerts, ...this.updateAlerts()],
    };
  }

  private refoldAll(watch: StateWatch): FoldStep {
    for (const id of this.names.clients.names.keys()) {
      watch.watch(this.live.identities.clientOf(id));
    }
    const points: TrustReading[] = [];
    this.live = this.foldKept((states, evaluated) => points.push(...readingsOf(states, evaluated)));
    const { changes, alerts } = watch.tell(this.live, "LATE");
    return { points, changes, alerts: [...alerts, ...this.updateAlerts()] };
  }

  private foldKept(
    onRound: (states: ClientStates, evaluated: readonly Evaluated[]) => void = () => undefined,
  ): ClientStates {
    const states = this.base.copy();
    for (const item of this.kept.items) onRound(states, advance(states, item));
    return states;
  }

  /** What no late observation can reach any more is settled. */
  private moveBase(): void {
    for (let item = this.kept.takeLeft(); item; item = this.kept.takeLeft()) {
      advance(this.base, item);
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

function summaryOf(book: RoundBook, evaluated: readonly Evaluated[]): EvaluatedRound {
  const { runId, round } = book.data;
  const { selected, guarded, wished } = book.facts;
  const states: Record<TrustState, number> = { PROBATION: 0, ACTIVE: 0, REDUCED: 0, EXCLUDED: 0 };
  for (const { after } of evaluated.slice(0, selected)) states[after] += 1;
  return { runId, round, selected, states, guarded: guarded ? wished : 0 };
}
