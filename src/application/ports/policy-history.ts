import type { ValueMap } from "../../core/values.js";
import type { NewEvent } from "./event-log.js";

export type PolicyChangeSource = "file" | "api" | "rollback";

/** One version of the effective set: who, when, why. */
export interface PolicyVersionRecord {
  readonly policyVersion: number;
  readonly createTimeMs: number;
  /** The principal, or the peer's address while nobody is authenticated; empty for a file edit. */
  readonly actor: string;
  /** As given in `x-change-reason`; empty when none was. */
  readonly reason: string;
  readonly source: PolicyChangeSource;
  /** SHA-256, hex, of the canonical effective set. */
  readonly contentHash: string;
}

/** When and by whom a policy came to be what it is. */
export interface PolicyOrigin {
  /** Of that content. */
  readonly etag: string;
  /** Of the last change. */
  readonly policyVersion: number;
  readonly updateTimeMs: number;
  /** Absent when not known. */
  readonly createTimeMs?: number;
  readonly throughApi: boolean;
}

/** By id of the policy. */
export type PolicyOrigins = ReadonlyMap<string, PolicyOrigin>;

/** A version with its content: the effective policies as documents, each with its `id`. */
export interface PolicyVersionContent extends PolicyVersionRecord {
  readonly documents: readonly ValueMap[];
  /** Of each of them. Absent in a version that an older engine made. */
  readonly origins?: PolicyOrigins;
}

/** A version that is about to be: durable before the file is written, completed or dropped after. */
export interface PolicyIntent extends PolicyVersionContent {
  readonly intentId: string;
}

/** Every version that ever decided. Nothing is ever removed. */
export interface PolicyHistory {
  newest(): Promise<PolicyVersionRecord | undefined>;
  get(policyVersion: number): Promise<PolicyVersionContent | undefined>;
  /** Newest first; those below `before` where it is given. */
  list(query: {
    readonly limit: number;
    readonly before?: number;
  }): Promise<readonly PolicyVersionRecord[]>;
  /**
   * The number the next version has: `max(highest ever + 1, atLeast)`, where the highest ever also
   * counts DATA_DIR's high-water mark. Durable before it is answered.
   */
  nextVersion(atLeast: number): Promise<number>;
  /**
   * Durable when it settles. At most one intent is open: it takes the place of an older one.
   * @throws {PdpError} STORAGE_UNAVAILABLE.
   */
  begin(intent: PolicyIntent): Promise<void>;
  openIntent(): Promise<PolicyIntent | undefined>;
  /**
   * Makes the open intent a version and appends `events`, in one transaction.
   * @throws {PdpError} STORAGE_UNAVAILABLE: neither happened.
   */
  commit(intentId: string, events: readonly NewEvent[]): Promise<void>;
  drop(intentId: string): Promise<void>;
}
