/**
 * What a reporter (an FL server, never the scored client) saw: the only input of trust. Append-only;
 * the score is a fold over these and nothing else.
 */
export type Observation =
  | RoundOpened
  | UpdateReported
  | ViolationObserved
  | RoundClosed
  | ClientRegistered
  | ClientPardoned;

interface Observed {
  /** Who says so; several reporters of one round are joined by their median. */
  readonly reporter: string;
  /** When it was seen. Shown as the time of the last evidence; never moves a score. */
  readonly observeTimeMs: number;
}

interface ObservedInRound extends Observed {
  readonly runId: string;
  /** From 1. */
  readonly round: number;
}

/** Who could take part. Comes before everything else of its round. */
export interface RoundOpened extends ObservedInRound {
  readonly kind: "round_opened";
  readonly selectedClientIds: readonly string[];
  readonly deadlineMs?: number;
}

/** COMPLETED and LATE arrived; DECLINED in advance is no evidence. */
export type UpdateOutcome = "COMPLETED" | "LATE" | "DROPPED" | "FAILED" | "DECLINED";

export type AlignmentReference = "ROBUST_CENTRE" | "ROOT" | "BOTH" | "NONE";

/** What became of one client's update in one round. */
export interface UpdateReported extends ObservedInRound {
  readonly kind: "update_reported";
  readonly clientId: string;
  readonly outcome: UpdateOutcome;
  /** Cosine to the reference divided by the median of the round, -1 to 1.5. */
  readonly alignmentRatio?: number;
  /** Norm of the update divided by the median of the round, at least 0. */
  readonly normRatio?: number;
  /** Highest cosine to the update of another client, -1 to 1: near 1 for colluders. */
  readonly maxPairwise?: number;
  /** The rest is kept for people and never scores. */
  readonly latencyMs?: number;
  readonly numExamples?: number;
  readonly alignment?: number;
  readonly lossDelta?: number;
  readonly alignmentReference?: AlignmentReference;
}

export type ViolationSeverity = "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";

/** A client broke a policy during a round for which it was selected. */
export interface ViolationObserved extends ObservedInRound {
  readonly kind: "violation";
  readonly clientId: string;
  readonly policyId: string;
  readonly severity: ViolationSeverity;
}

/** The point at which a round is evaluated, once, after all its evidence. */
export interface RoundClosed extends ObservedInRound {
  readonly kind: "round_closed";
}

/** Binds a client id to a key and an owner: the key carries the score from then on. */
export interface ClientRegistered extends Observed {
  readonly kind: "client_registered";
  readonly clientId: string;
  /** Several ids with one fingerprint are one client. */
  readonly publicKeyFingerprint: string;
  /** `""`: nobody known. */
  readonly owner: string;
}

/** An operator readmits an excluded client. Written by the engine; reporters cannot send it. */
export interface ClientPardoned extends Observed {
  readonly kind: "client_pardoned";
  readonly clientId: string;
}

/** Which of the things that happen once per round and client, or once per client, this is. */
export type ObservationKind = Observation["kind"];
