import type { DenyKind } from "../../core/decision.js";

/** What is counted. Never labelled by client: the number of clients is not bounded. */
export interface Metrics {
  /** `policyType` is `unknown` for a type no policy has: names of callers are not labels. */
  decision(facts: { policyType: string; answer: "allowed" | DenyKind; durationMs: number }): void;
  policyLoaded(facts: { policyVersion: number; policies: number; rules: number }): void;
  policyLoadFailed(): void;
  unknownPolicyType(): void;
  eventsEmitted(count: number): void;
  /** Decision events that were folded into one event per second and rule. */
  eventsSampled(count: number): void;
  eventsDropped(count: number): void;
  subscribers(count: number): void;
}
