import type { ClientStates } from "./client-states.js";
import type { Evaluated } from "./close-round.js";
import type { ChangeCause, StateChange, TrustAlert } from "./fold-step.js";
import type { TrustReading, TrustState } from "./trust-reading.js";

/** What is to be told, in the order of client ids. */
export interface Told {
  readonly changes: StateChange[];
  readonly alerts: Extract<TrustAlert, { readonly kind: "trust_score_drop" }>[];
}

interface Standing {
  readonly state: TrustState;
  readonly alerted: boolean;
}

/** What the close of a round changed. A client that goes by several names changed under each. */
export function toldOfRound(
  states: ClientStates,
  evaluated: readonly Evaluated[],
  round: { readonly runId: string; readonly round: number },
): Told {
  const told: Told = { changes: [], alerts: [] };
  for (const { client, before, after, alert } of evaluated) {
    if (before === after && alert === undefined) continue;
    const isAlerted = states.recordOf(client).alerted;
    const alerted = alert === undefined ? isAlerted : !isAlerted;
    for (const id of states.identities.namesOf(client)) {
      compare(told, states, id, { state: before, alerted }, { cause: "ROUND_CLOSED", ...round });
    }
  }
  return sorted(told);
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

  tell(states: ClientStates, cause: ChangeCause): Told {
    const told: Told = { changes: [], alerts: [] };
    for (const [id, before] of this.before) compare(told, states, id, before, { cause });
    return sorted(told);
  }
}

function compare(
  { changes, alerts }: Told,
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

function sorted({ changes, alerts }: Told): Told {
  const byClient = (left: { readonly clientId: string }, right: typeof left): number =>
    left.clientId < right.clientId ? -1 : 1;
  return { changes: changes.sort(byClient), alerts: alerts.sort(byClient) };
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
