import type { Observation } from "./observation.js";

/** What becomes of one observation at the door. */
export type Admission =
  | { readonly verdict: "accepted" }
  /** Known already, with the same content: nothing to do. */
  | { readonly verdict: "duplicate" }
  /**
   * Its round is too long ago. May still be a duplicate: the log knows, the door does not. Otherwise it
   * is kept, marked late, and never scores.
   */
  | { readonly verdict: "late" }
  | {
      readonly verdict: "rejected";
      readonly reason: RejectionReason;
      /** For people: names what is wrong. */
      readonly message: string;
    };

export type RejectionReason =
  /** The same reporter said something else about the same thing before. */
  | "OBSERVATION_CONFLICT"
  /** The client is not among the round's selected ones. */
  | "CLIENT_NOT_SELECTED"
  /** Nothing is known of the round yet. */
  | "ROUND_NOT_OPENED"
  /** A later round of the run was opened before. */
  | "ROUND_GOES_BACK"
  | "TOO_MANY_OPEN_ROUNDS"
  /** The owner has registered as many new clients today as it may. */
  | "REGISTRATION_QUOTA_EXCEEDED";

/** What is said of an opening of a round that was opened before for other clients, whoever says it. */
export function openedForOthers(runId: string, round: number): Admission {
  const message = `round ${round} of run \`${runId}\` was opened with other \`selected_client_ids\``;
  return { verdict: "rejected", reason: "OBSERVATION_CONFLICT", message };
}

/** Decides what is taken, from a bounded memory of open and recently closed rounds. */
export interface ObservationDoor {
  /**
   * @param acceptedAtMs - When it is written to the log, and the same again when it is read from there.
   *   Only its UTC day is used, for the registrations of an owner.
   */
  admit(observation: Observation, acceptedAtMs: number): Admission;
  /** The same in steps of well under a millisecond. Nothing else is admitted before the last. */
  admitSteps(observation: Observation, acceptedAtMs: number): Generator<void, Admission>;
  /** Whether the round is open, and the client selected for it. */
  isSelected(runId: string, round: number, clientId: string): boolean;
  /** The newest open round for which the client is selected. */
  openRoundOf(clientId: string): { readonly runId: string; readonly round: number } | undefined;
  /** A plain value, to be copied by structured clone before the next `admit`. */
  snapshot(): unknown;
}
