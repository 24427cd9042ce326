import type { Decision } from "../../core/decision.js";
import type { ValueMap } from "../../core/values.js";

/** One decision as it is kept: enough to show it, and to decide it again under other policies. */
export interface LoggedDecision {
  /** UUID v7. */
  readonly decisionId: string;
  readonly timeMs: number;
  readonly policyType: string;
  /** Empty when not given. */
  readonly clientId: string;
  readonly requestId: string;
  /** What was decided on: the attributes with what the engine added, without redacted paths. */
  readonly attributes: ValueMap;
  /** True when a redacted path was left out, so that it cannot be decided again. */
  readonly redacted: boolean;
  readonly decision: Decision;
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
  readonly limit: number;
  /** Opaque position of the last one of the page before; absent: from the newest. */
  readonly after?: string;
}

/** What became of the decisions that were handed over. `recorded + dropped + pending` is all of them. */
export interface DecisionLogCounts {
  readonly recorded: number;
  readonly dropped: number;
  readonly pending: number;
}

/** The record of decisions, newest first when read. */
export interface DecisionLog {
  /** Takes a decision; never throws, never waits. Dropped, and counted, when too many are pending. */
  append(decision: LoggedDecision): void;
  /** As `append`; settles when it is durable. @throws {PdpError} STORAGE_UNAVAILABLE. */
  appendDurably(decision: LoggedDecision): Promise<void>;
  list(query: DecisionQuery): Promise<{
    readonly decisions: readonly LoggedDecision[];
    /** Position after the last one; absent on the last page. */
    readonly next?: string;
  }>;
  counts(): DecisionLogCounts;
}
