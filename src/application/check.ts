import type { ClientStanding, Decision, Explanation } from "../core/decision.js";
import type { ValueMap } from "../core/values.js";

/** A CheckConnection question as it came, not yet validated. An empty string is "not given". */
export interface ConnectionCheck {
  readonly requestId: string;
  readonly clientId: string;
  readonly srcType: string;
  readonly dstType: string;
  readonly srcIp: string;
  readonly dstIp: string;
  readonly srcPort?: number | undefined;
  readonly dstPort?: number | undefined;
  readonly protocol: string;
  /** Further attributes, exactly as decoded: may hold NaN, `__proto__` keys, too deep nesting. */
  readonly context: ValueMap;
  readonly explain: boolean;
}

/** A CheckPolicy question as it came, not yet validated. */
export interface PolicyCheck {
  readonly requestId: string;
  readonly policyType: string;
  readonly context: ValueMap;
  readonly explain: boolean;
  /** Explain by the traces alone: what would have turned the answer is not searched for. */
  readonly tracesOnly?: boolean;
}

export interface CheckAnswer {
  readonly requestId: string;
  /** UUID v7; found again in events. */
  readonly decisionId: string;
  readonly decision: Decision;
  /** How far the client was trusted; present exactly when the trust rules were asked. */
  readonly trust?: ClientStanding;
  /** Present exactly when it was asked for and the request was valid. */
  readonly explanation?: Explanation;
}

export interface BatchAnswer {
  /** In the order of the items. */
  readonly results: readonly CheckAnswer[];
  readonly policyVersion: number;
}

/** A promise only where something has to be waited for. */
export type MaybeLater<T> = T | Promise<T>;

/** The decision use cases: what gRPC and REST ask. Synchronous, but for batches that explain. */
export interface DecisionPoint {
  /** @throws {PdpError} REQUEST_INVALID, NO_ACTIVE_POLICY. */
  checkConnection(check: ConnectionCheck): CheckAnswer;
  /** @throws {PdpError} REQUEST_INVALID, NO_ACTIVE_POLICY. */
  checkPolicy(check: PolicyCheck): CheckAnswer;
  /**
   * One item of a stream: an invalid item, also one without a check, is answered
   * (`invalid_request`) instead of thrown.
   * @throws {PdpError} NO_ACTIVE_POLICY.
   */
  checkConnectionItem(check: ConnectionCheck | undefined): CheckAnswer;
  /**
   * Many checks against one snapshot, in order; an invalid item is answered, the others go on.
   * `explain` asks for all items. Where an item is explained the answer comes later, because others
   * have their turn after each.
   * @throws {PdpError} REQUEST_INVALID (0 or too many items), EXPLAIN_TOO_LARGE, NO_ACTIVE_POLICY; nothing is decided then.
   */
  batchCheckConnections(
    items: readonly ConnectionCheck[],
    explain: boolean,
  ): MaybeLater<BatchAnswer>;
  batchCheckPolicies(items: readonly PolicyCheck[], explain: boolean): MaybeLater<BatchAnswer>;
}
