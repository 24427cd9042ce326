import { createDigests } from "./adapters/system/digests.js";
import type { PolicyActivation } from "./application/activate-policies.js";
import { type ClientTrust, createClientTrust } from "./application/client-trust.js";
import type { EngineStatus } from "./application/engine-status.js";
import type { EventMaker } from "./application/engine-events.js";
import { countedReports } from "./application/count-reports.js";
import { createEvaluateTrust } from "./application/evaluate-trust.js";
import { createTrustLists } from "./application/list-trust.js";
import { createPardonClient } from "./application/pardon-client.js";
import type { Clock } from "./application/ports/clock.js";
import type { Ids } from "./application/ports/ids.js";
import type { TrustMetrics } from "./application/ports/metrics.js";
import type { Log } from "./application/ports/log.js";
import { createReportContribution } from "./application/report-contribution.js";
import { createReportObservations } from "./application/report-observations.js";
import { createRoundMonitoring } from "./application/round-monitoring.js";
import { createOwnViolations } from "./application/own-violations.js";
import type { RecordDecision } from "./application/record-decision.js";
import { createTrustAsOf } from "./application/trust-as-of.js";
import { openTrustLedger, type TrustLedger } from "./application/trust-ledger.js";
import { createTrustReplay } from "./application/trust-replay.js";
import { createTrustRulesInForce } from "./application/trust-rules-in-force.js";
import type { TrustParameters } from "./core/trust/parameters.js";
import { trustModel, type TrustModelName } from "./core/trust/trust-model.js";
import { DEFAULT_NEWCOMER_WEIGHT } from "./core/trust/trust-rules.js";
import type { ValueMap } from "./core/values.js";
import type { EngineStorage } from "./engine-storage.js";
import type { TrustUseCases } from "./transport/trust-handlers.js";

export interface EngineTrust {
  readonly ledger: TrustLedger;
  readonly clientTrust: ClientTrust;
  /** `record`, and where denials are evidence, that they become it. */
  recorded(record: RecordDecision): RecordDecision;
  readonly useCases: TrustUseCases;
}

/**
 * The part of the engine that knows whom to trust.
 *
 * @throws {PdpError} STORAGE_UNAVAILABLE.
 */
export async function openEngineTrust(deps: {
  readonly storage: Pick<EngineStorage, "observationLog" | "trustHistory" | "eventLog">;
  readonly activation: Pick<PolicyActivation, "active">;
  readonly engineAttributes: () => ValueMap;
  readonly engineState: () => EngineStatus["state"];
  readonly makeEvent: EventMaker;
  readonly metrics: TrustMetrics;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: {
    readonly TRUST_MODEL: TrustModelName;
    readonly TRUST_OWN_VIOLATIONS: boolean;
    readonly TRUST_REGISTRATIONS_PER_OWNER_PER_DAY: number;
    readonly TRUST_PARAMETERS: {
      readonly model?: Partial<TrustParameters>;
      readonly newcomerWeight?: number;
      readonly minCohort?: number;
    };
  };
}): Promise<EngineTrust> {
  const { storage, activation, makeEvent, ids, clock, log, settings } = deps;
  const { engineAttributes, engineState, metrics } = deps;
  const { observationLog, trustHistory: history } = storage;
  const { model, newcomerWeight = DEFAULT_NEWCOMER_WEIGHT, minCohort } = settings.TRUST_PARAMETERS;
  const digests = createDigests();
  const rulesNow = createTrustRulesInForce({
    activeSnapshot: () => activation.active()?.snapshot,
    digests,
    options: { newcomerWeight, ...(minCohort !== undefined && { minCohort }) },
  });
  const fold = {
    ...{ observationLog, history, rulesNow, clock },
    model: trustModel(settings.TRUST_MODEL, model),
    registrationsPerOwnerPerDay: settings.TRUST_REGISTRATIONS_PER_OWNER_PER_DAY,
  };
  const opened = await openTrustLedger({ ...fold, makeEvent, metrics, log });
  const ledger = { ...opened, report: countedReports(opened, metrics) };
  metrics.watchClients(() => ledger.countStates());
  const activeSnapshot = () => activation.active()?.snapshot;
  const isLiteral = settings.TRUST_MODEL === "seed-literal-1";
  const clientTrust = createClientTrust({ ledger, rulesNow, isLiteral });
  const recordViolations = settings.TRUST_OWN_VIOLATIONS
    ? createOwnViolations({ ledger, activeSnapshot, clock, log })
    : undefined;
  ledger.onAccepted(
    createRoundMonitoring({
      ...{ activeSnapshot, clientTrust, engineAttributes, engineState },
      ...{ observationLog, eventLog: storage.eventLog, makeEvent, log },
    }),
  );
  return {
    ...{ ledger, clientTrust },
    recorded: (record) => (recordViolations ? inOrder(record, recordViolations) : record),
    useCases: {
      evaluate: createEvaluateTrust({
        ...{ ledger, observationLog, history, rulesNow, digests },
        ...{ engineAttributes, engineState },
        asOf: createTrustAsOf({ history, replay: createTrustReplay(fold) }),
      }),
      report: createReportObservations({ ledger, clock }),
      lists: createTrustLists({ ledger, history, observationLog, rulesNow }),
      reportContribution: createReportContribution({ ledger, clock }),
      pardon: createPardonClient({ ledger, ids, clock }),
      recalculate: () => ledger.recalculate(),
      rulesNow,
    },
  };
}

function inOrder(first: RecordDecision, second: RecordDecision): RecordDecision {
  return (record) => {
    first(record);
    second(record);
  };
}
