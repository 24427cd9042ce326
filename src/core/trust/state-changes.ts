import { sortSteps } from "../sort-steps.js";
import type { ClientStates } from "./client-states.js";
import { closeRoundSteps, type Evaluated } from "./close-round.js";
import type { ChangeCause, StateChange, TrustAlert } from "./fold-step.js";
import type { RoundBook } from "./round-book.js";
import type { TrustReading, TrustState } from "./trust-reading.js";

type DropAlert = Extract<TrustAlert, { readonly kind: "trust_score_drop" }>;

/** What is to be told, in the order of client ids. */
export interface Told {
  readonly changes: readonly StateChange[];
  readonly alerts: readonly DropAlert[];
}

interface ToldInNoOrder {
  readonly changes: StateChange[];
  readonly alerts: DropAlert[];
}

interface Standing {
  readonly state: TrustState;
  readonly alerted: boolean;
}

/** Clients between two steps: some tenths of a millisecond. */
const CLIENTS_AT_ONCE = 256;

/** Closes a round in `states`. A client that goes by several names changes under each. */
export function* closeAndTellSteps(
  states: ClientStates,
  book: RoundBook,
): Generator<void, { readonly evaluated: readonly Evaluated[]; readonly told: Told }> {
  const { runId, round } = book.data;
  const why = { cause: "ROUND_CLOSED", runId, round } as const;
  const evaluated = yield* closeRoundSteps(states, book);
  const told: ToldInNoOrder = { changes: [], alerts: [] };
  for (const [index, { client, before, after, alert }] of evaluated.entries()) {
    if (index % CLIENTS_AT_ONCE === 0) yield;
    if (before === after && alert === undefined) continue;
    const isAlerted = states.recordOf(client).alerted;
    const alerted = alert === undefined ? isAlerted : !isAlerted;
    for (const id of states.identities.namesOf(client)) {
      compare(told, states, id, { state: before, alerted }, why);
    }
  }
  return { evaluated, told: yield* sortedSteps(told) };
}

/** Remembers how clients stand, to tell afterwards what became of them. */
export class StateWatch {
  private readonly before = new Map<number, Standing>();

  constructor(private readonly states: ClientStates) {}

  /** @param client - Watched under all its names. */
  watch(client: number): void {
    const { state, alerted } = this.states.recordOf(client);
    for (const id of this.states.identities.namesOf(client)) {
      this.before.set(id, { state, alerted });
    }
  }

  *tellSteps(states: ClientStates, cause: ChangeCause): Generator<void, Told> {
    const told: ToldInNoOrder = { changes: [], alerts: [] };
    let count = 0;
    for (const [id, before] of this.before) {
      compare(told, states, id, before, { cause });
      count += 1;
      if (count % CLIENTS_AT_ONCE === 0) yield;
    }
    return yield* sortedSteps(told);
  }
}

function compare(
  { changes, alerts }: ToldInNoOrder,
  states: ClientStates,
  id: number,
  before: Standing,
  why: Pick<StateChange, "cause" | "runId" | "round">,
): void {
  const clientId = states.names.clients.nameOf(id);
  const record = states.recordOf(states.identities.clientOf(id));
  const { state: after, score: trustScore, alerted: raised, change: trustScoreChange } = record;
  if (before.state !== after) {
    changes.push({ clientId, before: before.state, after, trustScore, ...why });
  }
  if (before.alerted !== raised) {
    alerts.push({ kind: "trust_score_drop", raised, clientId, trustScore, trustScoreChange });
  }
}

function* sortedSteps({ changes, alerts }: ToldInNoOrder): Generator<void, Told> {
  const byClient = (left: { readonly clientId: string }, right: typeof left): number =>
    left.clientId < right.clientId ? -1 : 1;
  return {
    changes: yield* sortSteps(changes, byClient),
    alerts: yield* sortSteps(alerts, byClient),
  };
}

/** What is now known of the clients of a round, under each name. To be read before states go on. */
export function* readingsOf(
  states: ClientStates,
  evaluated: readonly Evaluated[],
): Generator<TrustReading> {
  for (const { client } of evaluated) {
    for (const id of states.identities.namesOf(client)) {
      yield states.readRecord(states.recordOf(client), states.names.clients.nameOf(id));
    }
  }
}

/** A round and the states that it led to, which do not go on. */
export interface FoldedRound {
  readonly states: ClientStates;
  readonly evaluated: readonly Evaluated[];
}

/** The same of several rounds. */
export function* readingsOfRounds(rounds: readonly FoldedRound[]): Generator<TrustReading> {
  for (const { states, evaluated } of rounds) yield* readingsOf(states, evaluated);
}
