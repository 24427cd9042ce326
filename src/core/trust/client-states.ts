import { trustScore } from "./accumulator.js";
import { ClientRecord } from "./client-record.js";
import { readingOf } from "./client-reading.js";
import { Identities, type IdentitiesData } from "./identities.js";
import type { NameTable } from "./name-table.js";
import { NumberSet } from "./number-set.js";
import type { ClientRegistered } from "./observation.js";
import { RecordPages, type RecordPagesData } from "./record-pages.js";
import type { TrustModel } from "./trust-model.js";
import type { TrustReading, TrustState } from "./trust-reading.js";
import { pardonClient } from "./trust-state.js";

/** Numbers of all names ever heard, shared by every state of one fold. */
export interface Names {
  readonly clients: NameTable;
  readonly runs: NameTable;
}

const NO_CLIENTS = { PROBATION: 0, ACTIVE: 0, REDUCED: 0, EXCLUDED: 0 } as const;

/** The plain form. */
export interface ClientStatesData {
  readonly records: RecordPagesData;
  readonly identities: IdentitiesData;
  readonly excluded: ReadonlySet<number>;
  /** By number of the run: clients that it ever selected, as bits. */
  readonly selected: readonly Uint32Array[];
}

/** The state of all clients at one point of the log. Clients and runs go by their numbers. */
export class ClientStates {
  readonly identities: Identities;
  /** Those that are EXCLUDED. */
  readonly excluded: Set<number>;
  private readonly records: RecordPages;
  private readonly selected: NumberSet[];
  private readonly cursor = new ClientRecord();

  constructor(
    readonly model: TrustModel,
    readonly names: Names,
    data?: ClientStatesData,
    identities = new Identities(data?.identities),
  ) {
    this.identities = identities;
    this.records = new RecordPages(model.parameters.prior, data?.records);
    this.excluded = new Set(data?.excluded);
    this.selected = (data?.selected ?? []).map((words) => new NumberSet(words));
  }

  /** Costs little: memory is shared until one of both writes to it. */
  copy(): ClientStates {
    return this.copyWith(new Identities(this.identities.toData()));
  }

  /** A copy for the close of a round, which changes no identities: these are shared. */
  copyForRound(): ClientStates {
    return this.copyWith(this.identities);
  }

  private copyWith(identities: Identities): ClientStates {
    const data = { ...this.toData(), records: this.records.copy().toData() };
    return new ClientStates(this.model, this.names, data, identities);
  }

  /** Shares memory with this. */
  toData(): ClientStatesData {
    return {
      records: this.records.toData(),
      identities: this.identities.toData(),
      excluded: this.excluded,
      selected: this.selected.map(({ words }) => words),
    };
  }

  /** To be read, until the next call of this or the next. */
  recordOf(client: number): ClientRecord {
    return this.records.seek(this.cursor, client);
  }

  /** The same, to be written. */
  recordToWrite(client: number): ClientRecord {
    return this.records.seekToWrite(this.cursor, client);
  }

  /** A record that stays as it is now. @param client - Undefined: one never heard of. */
  copyOf(client: number | undefined): ClientRecord {
    const record = new ClientRecord();
    if (client === undefined) record.reset(this.model.parameters.prior);
    else record.copyFrom(this.recordOf(client));
    return record;
  }

  /** The client that an id is a name of; undefined: never heard of. */
  find(clientId: string): number | undefined {
    const id = this.names.clients.find(clientId);
    return id === undefined ? undefined : this.identities.clientOf(id);
  }

  wasSelected(run: number, client: number): boolean {
    return this.selected[run]?.has(client) ?? false;
  }

  /** The clients that a run ever selected, to be added to. */
  selectedIn(run: number): NumberSet {
    for (let next = this.selected.length; next <= run; next += 1) {
      this.selected.push(new NumberSet());
    }
    return this.selectedToWrite(run);
  }

  /** A copy of this may have the words too. */
  private selectedToWrite(run: number): NumberSet {
    const own = new NumberSet(this.selected[run]?.words.slice());
    this.selected[run] = own;
    return own;
  }

  /** Keeps `excluded` true after the state of a client changed. */
  noteState(client: number, { state }: ClientRecord): void {
    if (state === "EXCLUDED") this.excluded.add(client);
    else this.excluded.delete(client);
  }

  /** Looks at every client, and at nothing but its state. */
  countStates(): Record<TrustState, number> {
    const counts: Record<TrustState, number> = { ...NO_CLIENTS };
    for (const id of this.names.clients.names.keys()) {
      if (this.identities.clientOf(id) === id) counts[this.recordOf(id).state] += 1;
    }
    return counts;
  }

  /** What is known of a client id, which may be one of several names of a client. */
  readingOf(clientId: string): TrustReading {
    const client = this.find(clientId);
    if (client !== undefined) return this.readRecord(this.recordOf(client), clientId);
    return { ...this.readRecord(this.copyOf(undefined), clientId), known: false };
  }

  readRecord(record: ClientRecord, clientId: string): TrustReading {
    const runId = record.run < 0 ? undefined : this.names.runs.nameOf(record.run);
    return readingOf(record, { clientId, known: true, runId }, this.model);
  }

  pardon(clientId: string): void {
    const client = this.identities.clientOf(this.names.clients.numberOf(clientId));
    const record = this.recordToWrite(client);
    pardonClient(record);
    this.noteState(client, record);
  }

  /**
   * Binds an id to a key and an owner. A key never seen starts, where the owner has other clients, no
   * better than these are on average. A key that another client has makes both one client, with the
   * worse of the two scores: a second name never improves anything.
   */
  register({ clientId, publicKeyFingerprint, owner }: ClientRegistered): void {
    const { identities } = this;
    const client = identities.clientOf(this.names.clients.numberOf(clientId));
    const holder = identities.clientWithKey(publicKeyFingerprint);
    if (holder === undefined) {
      identities.bindKey(publicKeyFingerprint, client);
      this.lowerPrior(client, owner);
    } else if (holder !== client) {
      this.join(client, holder);
    }
    if (owner !== "") identities.addToOwner(owner, identities.clientOf(client));
  }

  /** Whether a registration may have been about this client, or have read its score. */
  isConcerned(client: number, { clientId, owner }: ClientRegistered): boolean {
    return this.find(clientId) === client || this.identities.isOwnedBy(owner, client);
  }

  private lowerPrior(client: number, owner: string): void {
    const others = this.identities.othersOf(owner, client);
    if (others.length === 0) return;
    const sum = others.reduce((total, other) => total + this.recordOf(other).score, 0);
    const record = this.recordToWrite(client);
    record.prior = Math.min(record.prior, sum / others.length);
    record.score = trustScore(record, this.model);
  }

  private join(client: number, holder: number): void {
    const newcomer = this.recordOf(client).roundsObserved === 0;
    const isWorse = !newcomer && this.rank(client) < this.rank(holder);
    const [gone, kept] = isWorse ? [holder, client] : [client, holder];
    this.identities.join(gone, kept);
    this.excluded.delete(gone);
    for (const run of this.selected.keys()) {
      if (this.wasSelected(run, gone)) this.selectedToWrite(run).add(kept);
    }
  }

  /** Lower for clients that are trusted less. */
  private rank(client: number): number {
    const { state, score } = this.recordOf(client);
    return state === "EXCLUDED" ? score - 1 : score;
  }
}
