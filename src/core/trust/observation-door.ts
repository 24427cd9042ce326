import { finish } from "../finish.js";
import {
  type Admission,
  type ObservationDoor,
  openedForOthers,
  type RejectionReason,
} from "./admission.js";
import { DoorRound, type DoorRoundData, type Known } from "./door-round.js";
import { LatenessWindow } from "./lateness-window.js";
import { NameTable } from "./name-table.js";
import type {
  ClientRegistered,
  Observation,
  RoundClosed,
  RoundOpened,
  UpdateReported,
  ViolationObserved,
} from "./observation.js";
import { Registrations, type RegistrationsData } from "./registrations.js";
import { sameNumbers, sortedNumbers } from "./sorted-numbers.js";

/** A run may have as many rounds open at once; more are not closed because they were forgotten. */
const MOST_OPEN_ROUNDS = 16;

export interface ObservationDoorOptions {
  /** New keys that one owner may register in one UTC day; 0: as many as it likes. */
  readonly registrationsPerOwnerPerDay: number;
}

interface DoorData {
  readonly clients: readonly string[];
  readonly reporters: readonly string[];
  readonly registrations: RegistrationsData;
  readonly kept: readonly DoorRoundData[];
  readonly open: readonly DoorRoundData[];
  readonly lastClosed: ReadonlyMap<string, number>;
  readonly lastOpened: ReadonlyMap<string, number>;
  readonly lastLeft: ReadonlyMap<string, number>;
}

interface KeptRound {
  readonly door: DoorRound;
  readonly closed: { readonly runId: string; readonly round: number; readonly size: number };
}

/** A door that knows nothing yet, or as it was when `snapshot` was taken of it. */
export function createObservationDoor(
  options: ObservationDoorOptions,
  snapshot?: unknown,
): ObservationDoor {
  return finish(observationDoorSteps(options, snapshot));
}

/** The same in steps. */
export function* observationDoorSteps(
  options: ObservationDoorOptions,
  snapshot?: unknown,
): Generator<void, ObservationDoor> {
  const data = snapshot as DoorData | undefined;
  const clients = new NameTable();
  yield* clients.numbersOfSteps(data?.clients ?? []);
  return new Door(options, clients, data);
}

const ACCEPTED: Admission = { verdict: "accepted" };
const DUPLICATE: Admission = { verdict: "duplicate" };
const LATE: Admission = { verdict: "late" };
/** Names between two steps: some tenths of a millisecond. */
const NAMES_AT_ONCE = 1024;
/** The number of no client. */
const UNHEARD_OF = -1;

class Door implements ObservationDoor {
  private readonly reporters: NameTable;
  private readonly registrations: Registrations;
  private readonly kept: LatenessWindow<KeptRound>;
  private readonly open = new Map<string, Map<number, DoorRound>>();
  /** By run: its highest round that was ever opened, and that left the window. */
  private readonly lastOpened: Map<string, number>;
  private readonly lastLeft: Map<string, number>;

  constructor(
    options: ObservationDoorOptions,
    private readonly clients: NameTable,
    data: DoorData | undefined,
  ) {
    this.reporters = new NameTable(data?.reporters ?? [""]); // Numbers are from 1.
    this.registrations = new Registrations(
      options.registrationsPerOwnerPerDay,
      data?.registrations,
    );
    const kept = (data?.kept ?? []).map((round) => keptRound(DoorRound.restore(round)));
    this.kept = new LatenessWindow(kept, new Map(data?.lastClosed));
    for (const round of data?.open ?? []) {
      this.openOf(round.runId).set(round.round, DoorRound.restore(round));
    }
    this.lastOpened = new Map(data?.lastOpened);
    this.lastLeft = new Map(data?.lastLeft);
  }

  admit(observation: Observation, acceptedAtMs: number): Admission {
    switch (observation.kind) {
      case "round_opened":
        return finish(this.admitOpened(observation));
      case "update_reported":
      case "violation":
        return this.admitEvidence(observation);
      case "round_closed":
        return this.admitClosed(observation);
      case "client_registered":
        return this.admitRegistered(observation, acceptedAtMs);
      case "client_pardoned":
        return ACCEPTED;
    }
  }

  *admitSteps(observation: Observation, acceptedAtMs: number): Generator<void, Admission> {
    if (observation.kind === "round_opened") return yield* this.admitOpened(observation);
    return this.admit(observation, acceptedAtMs);
  }

  isSelected(runId: string, round: number, clientId: string): boolean {
    const client = this.clients.find(clientId);
    const door = this.open.get(runId)?.get(round);
    return client !== undefined && door?.placeOf(client) !== undefined;
  }

  openRoundOf(clientId: string): { readonly runId: string; readonly round: number } | undefined {
    const client = this.clients.find(clientId);
    if (client === undefined) return undefined;
    for (const rounds of [...this.open.values()].reverse()) {
      for (const door of [...rounds.values()].reverse()) {
        const { runId, round } = door.data;
        if (door.placeOf(client) !== undefined) return { runId, round };
      }
    }
    return undefined;
  }

  snapshot(): unknown {
    const open = [...this.open.values()].flatMap((rounds) => [...rounds.values()]);
    const data: DoorData = {
      clients: this.clients.names,
      reporters: this.reporters.names,
      registrations: this.registrations.toData(),
      kept: this.kept.items.map(({ door }) => door.data),
      open: open.map((door) => door.data),
      lastClosed: this.kept.lastClosed,
      lastOpened: this.lastOpened,
      lastLeft: this.lastLeft,
    };
    return data;
  }

  private *admitOpened(opened: RoundOpened): Generator<void, Admission> {
    const { runId, round, selectedClientIds } = opened;
    const known = this.find(runId, round);
    if (known) return yield* this.admitOpenedAgain(known, opened);
    if (this.isOver(runId, round)) return LATE;
    const last = this.lastOpened.get(runId) ?? 0;
    if (round <= last) {
      const message = `round ${round} comes after round ${last} of run \`${runId}\`: rounds ascend`;
      return rejected("ROUND_GOES_BACK", message);
    }
    if ((this.open.get(runId)?.size ?? 0) >= MOST_OPEN_ROUNDS) {
      const message = `run \`${runId}\` has ${MOST_OPEN_ROUNDS} open rounds: close some first`;
      return rejected("TOO_MANY_OPEN_ROUNDS", message);
    }
    // INVARIANT: names get their numbers when nothing can be refused any more: they stay for good.
    const members = sortedNumbers(yield* this.clients.numbersOfSteps(selectedClientIds));
    const door = DoorRound.open(runId, round, members);
    door.takeForRound(this.reporters.numberOf(opened.reporter), opened);
    this.openOf(runId).set(round, door);
    this.lastOpened.set(runId, round);
    return ACCEPTED;
  }

  /** A repetition, or what a second reporter says of a round that is known. */
  private *admitOpenedAgain(known: DoorRound, opened: RoundOpened): Generator<void, Admission> {
    const { runId, round, selectedClientIds } = opened;
    const members: number[] = [];
    for (const id of selectedClientIds) {
      members.push(this.clients.find(id) ?? UNHEARD_OF);
      if (members.length % NAMES_AT_ONCE === 0) yield;
    }
    if (!sameNumbers(known.data.members, sortedNumbers(members))) {
      return openedForOthers(runId, round);
    }
    return admissionOf(
      known.takeForRound(this.reporters.numberOf(opened.reporter), opened),
      opened,
    );
  }

  private admitEvidence(observation: UpdateReported | ViolationObserved): Admission {
    const { runId, round, clientId } = observation;
    const door = this.find(runId, round);
    if (!door) return this.withoutRound(runId, round);
    const client = this.clients.find(clientId);
    const place = client === undefined ? undefined : door.placeOf(client);
    if (place === undefined) {
      const message = `\`client_id\` was not selected for round ${round} of run \`${runId}\``;
      return rejected("CLIENT_NOT_SELECTED", message);
    }
    const reporter = this.reporters.numberOf(observation.reporter);
    const known =
      observation.kind === "update_reported"
        ? door.takeUpdate(place, reporter, observation)
        : door.takeViolation(place, reporter, observation);
    return admissionOf(known, observation);
  }

  private admitClosed(closed: RoundClosed): Admission {
    const { runId, round } = closed;
    const door = this.find(runId, round);
    if (!door) return this.withoutRound(runId, round);
    const known = door.takeForRound(this.reporters.numberOf(closed.reporter), closed);
    const rounds = this.open.get(runId);
    if (rounds?.delete(round)) this.keep(door, rounds);
    return admissionOf(known, closed);
  }

  /** A round was closed: others may be over now. */
  private keep(door: DoorRound, rounds: Map<number, DoorRound>): void {
    const { runId } = door.data;
    this.kept.push(keptRound(door));
    for (const old of [...rounds.keys()]) {
      if (this.kept.isTooLate(runId, old)) rounds.delete(old);
    }
    if (rounds.size === 0) this.open.delete(runId);
    for (let left = this.kept.takeLeft(); left; left = this.kept.takeLeft()) {
      const { runId: run, round } = left.closed;
      this.lastLeft.set(run, Math.max(round, this.lastLeft.get(run) ?? 0));
    }
  }

  private admitRegistered(registered: ClientRegistered, acceptedAtMs: number): Admission {
    const known = this.registrations.take(registered, acceptedAtMs);
    if (known !== "quota exceeded") return admissionOf(known, registered);
    const message = `\`owner\` has registered as many new keys today as it may: wait for the next day (UTC)`;
    return rejected("REGISTRATION_QUOTA_EXCEEDED", message);
  }

  private find(runId: string, round: number): DoorRound | undefined {
    const open = this.open.get(runId)?.get(round);
    // One that is over may wait behind the rounds of another run, and is over all the same.
    if (open || this.isOver(runId, round)) return open;
    return this.kept.find(runId, round)?.door;
  }

  private isOver(runId: string, round: number): boolean {
    return this.kept.isTooLate(runId, round) || round <= (this.lastLeft.get(runId) ?? 0);
  }

  private withoutRound(runId: string, round: number): Admission {
    if (this.isOver(runId, round)) return LATE;
    const message = `round ${round} of run \`${runId}\` is not open: send \`round_opened\` first`;
    return rejected("ROUND_NOT_OPENED", message);
  }

  private openOf(runId: string): Map<number, DoorRound> {
    let rounds = this.open.get(runId);
    if (!rounds) {
      rounds = new Map();
      this.open.set(runId, rounds);
    }
    return rounds;
  }
}

function keptRound(door: DoorRound): KeptRound {
  const { runId, round, members } = door.data;
  return { door, closed: { runId, round, size: members.length } };
}

function admissionOf(known: Known, { kind, reporter }: Observation): Admission {
  switch (known) {
    case "new":
      return ACCEPTED;
    case "same":
      return DUPLICATE;
    case "different": {
      const message = `\`${kind}\` of this was reported by \`${reporter}\` before, with other content`;
      return rejected("OBSERVATION_CONFLICT", message);
    }
  }
}

function rejected(reason: RejectionReason, message: string): Admission {
  return { verdict: "rejected", reason, message };
}
