import { randomUUID } from "node:crypto";
import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createDecisionRecorder } from "../../src/application/decision-recorder.js";
import { createEventMaker } from "../../src/application/engine-events.js";
import type { StoredEvent } from "../../src/application/ports/event-log.js";
import type { LoggedDecision } from "../../src/application/ports/decision-log.js";
import type { Decision, RuleRef } from "../../src/core/decision.js";

export const rule = (ruleId: string, policyId = "net"): RuleRef => ({
  policyId,
  ruleId,
  ruleIndex: 0,
  action: "deny",
});
export const PERMIT: Decision = {
  allowed: true,
  reason: "allowed by rule `a` of policy `net`",
  determiningRules: [{ ...rule("a"), action: "allow" }],
  erringRules: [],
  obligations: [],
  policyVersion: 3,
  policyTypeKnown: true,
};
export const DENY: Decision = {
  ...PERMIT,
  allowed: false,
  denyKind: "explicit",
  reason: "denied by rule `d` of policy `net`",
  determiningRules: [rule("d")],
};
export const INVALID: Decision = { ...DENY, denyKind: "invalid_request", determiningRules: [] };
export const record = (
  decision: Decision,
  facts: Partial<LoggedDecision> = {},
): LoggedDecision => ({
  decisionId: randomUUID(),
  timeMs: Date.now(),
  requestId: "request-1",
  policyType: "network_security",
  clientId: "",
  attributes: {},
  decision,
  durationMs: 0.25,
  redacted: false,
  ...facts,
});

/** A recorder with the log and the metrics it writes to; the log refuses events when told to. */
export function aRecorder({ decisionEventsPerS = 1000 } = {}) {
  const clock = createSystemClock();
  const eventLog = createMemoryEventLog({ capacity: 100_000 });
  const metrics = createPrometheusMetrics();
  let refuses = false;
  const recorder = createDecisionRecorder({
    eventLog: {
      offer: (events) => !refuses && eventLog.offer(events),
    },
    makeEvent: createEventMaker({ ids: createUuidIds(), clock }),
    clock,
    metrics,
    decisionEventsPerS,
  });
  metrics.watchDecisionEvents(recorder.counts);
  const events = (): Promise<readonly StoredEvent[]> => eventLog.read(0, 100_000);
  return {
    ...recorder,
    events,
    metrics,
    refuse: (refused: boolean) => {
      refuses = refused;
    },
    /** Details of the events of one type. */
    details: async (eventType: string) =>
      (await events()).filter((one) => one.eventType === eventType).map((one) => one.details),
    times: (count: number, decision: Decision, facts: Partial<LoggedDecision> = {}) => {
      for (let n = 0; n < count; n += 1) recorder.record(record(decision, facts));
    },
  };
}
