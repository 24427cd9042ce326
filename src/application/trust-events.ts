import type { FoldStep, StateChange, TrustAlert } from "../core/trust/fold-step.js";
import type { ValueMap } from "../core/values.js";
import type { EventMaker } from "./engine-events.js";
import type { EventSeverity, NewEvent } from "./ports/event-log.js";

/** What a step of the computation tells: changes of state, then alerts. */
export function* trustEvents(
  make: EventMaker,
  { changes, alerts }: Pick<FoldStep, "changes" | "alerts">,
  policyVersion: number,
): Generator<NewEvent> {
  for (const change of changes) yield changedEvent(make, change, policyVersion);
  for (const alert of alerts) yield alertEvent(make, alert, policyVersion);
}

function changedEvent(make: EventMaker, change: StateChange, policyVersion: number): NewEvent {
  const { clientId, before, after, cause, trustScore, runId, round } = change;
  return make({
    eventType: "TRUST_CHANGED",
    severity: after === "EXCLUDED" ? "warning" : "info",
    ...{ policyVersion, clientId },
    details: {
      client_id: clientId,
      ...{ before, after, cause },
      trust_score: trustScore,
      ...(runId !== undefined && { run_id: runId }),
      ...(round !== undefined && { round }),
    },
  });
}

function alertEvent(make: EventMaker, alert: TrustAlert, policyVersion: number): NewEvent {
  const ofClient = alert.kind === "trust_score_drop";
  const raisedSeverity: EventSeverity = ofClient ? "warning" : "critical";
  return make({
    eventType: alert.raised ? "ALERT_RAISED" : "ALERT_RESOLVED",
    severity: alert.raised ? raisedSeverity : "info",
    policyVersion,
    ...(ofClient && { clientId: alert.clientId }),
    details: { alert: alert.kind, ...alertFacts(alert) },
  });
}

function alertFacts(alert: TrustAlert): ValueMap {
  switch (alert.kind) {
    case "trust_score_drop":
      return {
        client_id: alert.clientId,
        trust_score: alert.trustScore,
        trust_score_change: alert.trustScoreChange,
      };
    case "min_cohort":
    case "mass_state_change": {
      const { runId, round, selected, clients } = alert;
      return { run_id: runId, round, selected, clients };
    }
  }
}
