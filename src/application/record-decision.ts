import type { ClientStanding, Decision } from "../core/decision.js";
import type { TrustAttributes } from "../core/trust-attributes.js";
import type { ValueMap } from "../core/values.js";

/** One decision to record. */
export interface DecisionRecord {
  readonly decisionId: string;
  readonly requestId: string;
  readonly policyType: string;
  /** Empty when not given. */
  readonly clientId: string;
  /** What was decided on: the attributes with what the engine added. */
  readonly attributes: ValueMap;
  readonly decision: Decision;
  /** How far the client was trusted; present exactly when the trust rules were asked. */
  readonly trust?: ClientStanding;
  /** Of `attributes` what is known of the client: the same object for many decisions. */
  readonly clientAttributes?: TrustAttributes;
  readonly durationMs: number;
}

/** Records a decision as events and counts. Never waits and never throws; counts what it drops. */
export type RecordDecision = (record: DecisionRecord) => void;
