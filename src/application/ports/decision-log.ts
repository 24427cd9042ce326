import type { ClientStanding, Decision } from "../../core/decision.js";
import type { TrustAttributes } from "../../core/trust-attributes.js";
import type { ValueMap } from "../../core/values.js";

/** One decision as it is kept: enough to show it, and to decide it again under other policies. */
export interface LoggedDecision {
  /** UUID v7 of that time, or of the highest before it. */
  readonly decisionId: string;
  /** When it was asked: what `engine.time` said. */
  readonly timeMs: number;
  readonly policyType: string;
  /** Empty when not given. */
  readonly clientId: string;
  readonly requestId: string;
  /** What was decided on: the attributes with what the engine added, without redacted paths. */
  readonly attributes: ValueMap;
  /** True when a redacted path was left out, so that it may not be decidable again. */
  readonly redacted: boolean;
  /** The paths that were left out. Absent when none was, or nobody knows which. */
  readonly redactedPaths?: readonly string[];
  readonly decision: Decision;
  /** How far the client was trusted; present exactly when the trust rules were asked. */
  readonly trust?: ClientStanding;
  /**
   * Of `attributes` what is known of the client. Not kept by itself: the same object comes with many
   * decisions, so that a log may write it once.
   */
  readonly clientAttributes?: TrustAttributes;
  readonly durationMs: number;
}

export interface DecisionQuery {
  /** Inclusive; absent: open. */
  readonly startTimeMs?: number;
  /** Exclusive; absent: open. */
  readonly endTimeMs?: number;
  readonly allowed?: boolean;
  /** Each empty text matches all. `policyId` and `ruleId` look at every determining rule. */
  readonly clientId: string;
  readonly policyId: string;
  readonly ruleId: string;
  readonly policyType: string;
  /** At least 1. */
  readonly limit: number;
  /** Goes on below this decision; absent: from the newest. */
  readonly after?: DecisionPosition;
}

/** Where a decision stands: newest first, those of one millisecond in the order of recording. */
export interface DecisionPosition {
  readonly timeMs: number;
  readonly position: number;
}

/** `overload`: too many waited to be recorded. `storage_unavailable`: the same, while writes failed. */
export type DropCause = "overload" | "storage_unavailable";

/**
 * What became of the decisions that were handed over in this run, at one instant:
 * `recorded + pending + the sum of dropped` is all of them.
 */
export interface DecisionLogCounts {
  readonly recorded: number;
  readonly pending: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
}

/** What decisions are counted by. `rule` is each determining rule, as `policy/rule`. */
export type CountedBy = "all" | "policy_type" | "component" | "requester" | "answer" | "rule";

/** Decisions that have a name in common. */
export interface NamedCount {
  /** Empty for `all`; `(others)` for what is beyond 1,000 names in an hour. */
  readonly name: string;
  readonly decided: number;
  readonly allowed: number;
  /** Spent deciding, in all. */
  readonly durationUs: number;
  readonly lastTimeMs: number;
}

/** The same, of one minute (`all`) or one hour. */
export interface DecisionCount extends NamedCount {
  readonly startMs: number;
  readonly countedBy: CountedBy;
}

/** Decisions of one hour. */
export interface HourCount extends Omit<NamedCount, "name" | "lastTimeMs"> {
  readonly startMs: number;
  /** How many asked: up to 1,000 are told apart. */
  readonly requesters: number;
}

/** Inclusive, exclusive; absent: open. Rounded outwards to whole minutes (`all`), or hours. */
export interface CountedPeriod {
  readonly startTimeMs?: number;
  readonly endTimeMs?: number;
}

/** The record of decisions, newest first when read. */
export interface DecisionLog {
  /** Takes a decision; never throws, never waits. Dropped, and counted, when too many are pending. */
  append(decision: LoggedDecision): void;
  /** As `append`; settles when it is durable. @throws {PdpError} STORAGE_UNAVAILABLE. */
  appendDurably(decision: LoggedDecision): Promise<void>;
  /**
   * The decisions that match, newest first. Looks at a bounded number of them, so that a page may
   * be short, or even empty, and have a `next`.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  list(query: DecisionQuery): Promise<{
    readonly decisions: readonly LoggedDecision[];
    /** Where the next page goes on; absent on the last one. */
    readonly next?: DecisionPosition;
  }>;
  counts(): DecisionLogCounts;
  /**
   * How many were recorded in a period, the most frequent names first, at most `limit`. The costs do
   * not grow with the number of decisions.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  countBy(
    countedBy: CountedBy,
    period: CountedPeriod,
    limit: number,
  ): Promise<readonly NamedCount[]>;
  /** The hours of a period in which anything was decided, in order. @throws {PdpError} STORAGE_UNAVAILABLE. */
  countByHour(period: CountedPeriod): Promise<readonly HourCount[]>;
}
