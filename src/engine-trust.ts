import { createDigests } from "./adapters/system/digests.js";
import type { PolicyActivation } from "./application/activate-policies.js";
import { type ClientTrust, createClientTrust } from "./application/client-trust.js";
import type { EventMaker } from "./application/engine-events.js";
import { createEvaluateTrust } from "./application/evaluate-trust.js";
import { createTrustLists } from "./application/list-trust.js";
import { createPardonClient } from "./application/pardon-client.js";
import type { Clock } from "./application/ports/clock.js";
import type { Ids } from "./application/ports/ids.js";
import type { Log } from "./application/ports/log.js";
import { createReportObservations } from "./application/report-observations.js";
import { openTrustLedger, type TrustLedger } from "./application/trust-ledger.js";
import { createTrustRulesInForce } from "./application/trust-rules-in-force.js";
import type { TrustParameters } from "./core/trust/parameters.js";
import { trustModel, type TrustModelName } from "./core/trust/trust-model.js";
import { DEFAULT_NEWCOMER_WEIGHT } from "./core/trust/trust-rules.js";
import type { EngineStorage } from "./engine-storage.js";
import type { TrustUseCases } from "./transport/trust-handlers.js";

export interface EngineTrust {
  readonly ledger: TrustLedger;
  readonly clientTrust: ClientTrust;
  readonly useCases: TrustUseCases;
}

/**
 * The part of the engine that knows whom to trust.
 *
 * @throws {PdpError} STORAGE_UNAVAILABLE.
 */
export async function openEngineTrust(deps: {
  readonly storage: Pick<EngineStorage, "observationLog" | "trustHistory">;
  readonly activation: Pick<PolicyActivation, "active">;
  readonly makeEvent: EventMaker;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: {
    readonly TRUST_MODEL: TrustModelName;
    readonly TRUST_REGISTRATIONS_PER_OWNER_PER_DAY: number;
    readonly TRUST_PARAMETERS: {
      readonly model?: Partial<TrustParameters>;
      readonly newcomerWeight?: number;
      readonly minCohort?: number;
    };
  };
}): Promise<EngineTrust> {
  const { storage, activation, makeEvent, ids, clock, log, settings } = deps;
  const { observationLog, trustHistory: history } = storage;
  const { model, newcomerWeight = DEFAULT_NEWCOMER_WEIGHT, minCohort } = settings.TRUST_PARAMETERS;
  const digests = createDigests();
  const rulesNow = createTrustRulesInForce({
    activeSnapshot: () => activation.active()?.snapshot,
    digests,
    options: { newcomerWeight, ...(minCohort !== undefined && { minCohort }) },
  });
  const ledger = await openTrustLedger({
    ...{ observationLog, history, rulesNow, digests, makeEvent, clock, log },
    model: trustModel(settings.TRUST_MODEL, model),
    registrationsPerOwnerPerDay: settings.TRUST_REGISTRATIONS_PER_OWNER_PER_DAY,
  });
  const isLiteral = settings.TRUST_MODEL === "seed-literal-1";
  return {
    ledger,
    clientTrust: createClientTrust({ ledger, rulesNow, isLiteral }),
    useCases: {
      evaluate: createEvaluateTrust({ ledger, observationLog, history, rulesNow }),
      report: createReportObservations({ ledger, clock }),
      lists: createTrustLists({ ledger, history, observationLog, rulesNow }),
      pardon: createPardonClient({ ledger, ids, clock }),
      recalculate: () => ledger.recalculate(),
      rulesNow,
    },
  };
}
