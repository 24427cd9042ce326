import { decide } from "../core/decide.js";
import type { RuleRef } from "../core/decision.js";
import { accessRequest } from "../core/request.js";
import type { PolicySnapshot } from "../core/snapshot.js";
import type { Observation } from "../core/trust/observation.js";
import type { ValueMap } from "../core/values.js";
import type { ClientTrust } from "./client-trust.js";
import { policyEngineIn } from "./engine-attributes.js";
import type { EventMaker } from "./engine-events.js";
import type { EngineStatus } from "./engine-status.js";
import { nextTurn } from "./next-turn.js";
import type { EventLog } from "./ports/event-log.js";
import type { Log } from "./ports/log.js";
import type { ObservationLog, StoredObservation } from "./ports/observation-log.js";
import { resolveAttributes } from "./resolve-attributes.js";

/** Updates that are decided at a stretch. */
const SLICE = 50;

/** What an update is to the policies that watch, by their type. */
const QUESTIONS: readonly {
  readonly policyType: string;
  readonly attributes: (update: StoredObservation) => ValueMap;
}[] = [
  {
    policyType: "fl_performance",
    attributes: ({ payload }) => ({
      event_type: "round_participation",
      outcome: payload["outcome"] ?? null,
    }),
  },
  {
    policyType: "trust_reputation",
    attributes: () => ({ metric_type: "model_contribution" }),
  },
];

/**
 * Asks the policies that watch (`monitor`, `evaluate_trust`, ...) about every update of a round that was
 * closed, and tells which of their rules applied: one event for each rule and round. It is no evidence,
 * and no decision that somebody asked for.
 */
export function createRoundMonitoring(deps: {
  readonly activeSnapshot: () => PolicySnapshot | undefined;
  readonly clientTrust: ClientTrust;
  readonly engineAttributes: () => ValueMap;
  readonly engineState: () => EngineStatus["state"];
  readonly observationLog: Pick<ObservationLog, "partsOfRound">;
  readonly eventLog: Pick<EventLog, "append">;
  readonly makeEvent: EventMaker;
  readonly log: Log;
}): (accepted: readonly Observation[]) => void {
  const { activeSnapshot, observationLog, eventLog, makeEvent, log } = deps;
  let queue: Promise<void> = Promise.resolve();

  function appliedRules(snapshot: PolicySnapshot, update: StoredObservation): readonly RuleRef[] {
    const { clientId, runId, round } = update;
    const trust = deps.clientTrust.of(clientId, snapshot).attributes;
    const policyEngine = policyEngineIn(deps.engineState());
    const known = { engine: deps.engineAttributes(), policyEngine, trust };
    const ofUpdate = { client_id: clientId, run_id: runId, round, component_type: "fl-client" };
    return QUESTIONS.flatMap(({ policyType, attributes }) => {
      if (!snapshot.policiesByType.has(policyType)) return [];
      const given = { ...ofUpdate, ...attributes(update) };
      const resolved = resolveAttributes(given, { ...known, isConnection: false });
      const { obligations } = decide(snapshot, accessRequest(policyType, resolved));
      return obligations.filter(({ advice }) => advice).map(({ rule }) => rule);
    });
  }

  async function monitor(runId: string, round: number): Promise<void> {
    const snapshot = activeSnapshot();
    if (!snapshot || !QUESTIONS.some(({ policyType }) => snapshot.policiesByType.has(policyType))) {
      return;
    }
    const counts = new Map<string, { readonly rule: RuleRef; count: number }>();
    for await (const part of observationLog.partsOfRound(runId, round)) {
      const updates = part.filter(({ kind, late }) => kind === "update_reported" && !late);
      for (const [index, update] of updates.entries()) {
        if (index % SLICE === 0) await nextTurn();
        for (const rule of appliedRules(snapshot, update)) {
          const key = JSON.stringify([rule.policyId, rule.ruleId]);
          const known = counts.get(key) ?? { rule, count: 0 };
          known.count += 1;
          counts.set(key, known);
        }
      }
    }
    eventLog.append(
      [...counts.values()].map(({ rule, count }) =>
        makeEvent({
          ...{ eventType: "POLICY_APPLIED", severity: "info" },
          ...{ policyVersion: snapshot.policyVersion, policyId: rule.policyId },
          details: {
            ...{ policy_id: rule.policyId, rule_id: rule.ruleId, action: rule.action },
            ...{ run_id: runId, round, count },
          },
        }),
      ),
    );
  }

  return (accepted) => {
    for (const observation of accepted) {
      if (observation.kind !== "round_closed") continue;
      const { runId, round } = observation;
      queue = queue
        .then(() => monitor(runId, round))
        .catch((error: unknown) => {
          const cause = error instanceof Error ? error.message : String(error);
          log.warn({ run_id: runId, round, cause }, "no policy was asked about this round");
        });
    }
  };
}
