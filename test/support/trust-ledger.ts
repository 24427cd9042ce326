import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { createDigests } from "../../src/adapters/system/digests.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createEventMaker } from "../../src/application/engine-events.js";
import type { ObservationLog } from "../../src/application/ports/observation-log.js";
import type { TrustHistory } from "../../src/application/ports/trust-history.js";
import type { ReportAnswer } from "../../src/application/trust-admission.js";
import { createTrustAsOf, type TrustAsOf } from "../../src/application/trust-as-of.js";
import { openTrustLedger, type TrustLedger } from "../../src/application/trust-ledger.js";
import { createTrustReplay } from "../../src/application/trust-replay.js";
import { createTrustRulesInForce } from "../../src/application/trust-rules-in-force.js";
import type { Observation } from "../../src/core/trust/observation.js";
import { trustModel, type TrustModelName } from "../../src/core/trust/trust-model.js";
import { quietLog } from "./events.js";

const clock = createSystemClock();
const makeEvent = createEventMaker({ ids: createUuidIds(), clock });
const rulesNow = createTrustRulesInForce({
  ...{ activeSnapshot: () => undefined, digests: createDigests() },
  options: { newcomerWeight: 0.5 },
});

/** The ledger of a storage, without a policy. */
export function openLedger(
  storage: { readonly observationLog: ObservationLog; readonly trustHistory: TrustHistory },
  modelName: TrustModelName = "flopynet-coupled-1",
): Promise<TrustLedger> {
  return openTrustLedger({
    ...{ observationLog: storage.observationLog, history: storage.trustHistory },
    metrics: createPrometheusMetrics().trust,
    ...{ rulesNow, makeEvent, clock, log: quietLog, model: trustModel(modelName) },
    registrationsPerOwnerPerDay: 0,
  });
}

/** What explains earlier rounds of a storage, without a policy. */
export function openAsOf(storage: Parameters<typeof openLedger>[0]): TrustAsOf {
  const { observationLog, trustHistory: history } = storage;
  const options = { model: trustModel(), registrationsPerOwnerPerDay: 0 };
  const replay = createTrustReplay({ ...options, observationLog, history, rulesNow, clock });
  return createTrustAsOf({ history, replay });
}

/** One report; observations have the time that they say. */
export function send(
  ledger: TrustLedger,
  observations: readonly Observation[],
): Promise<ReportAnswer> {
  const understood = observations.map((observation) => ({
    ...{ observation, observationId: "", hasOwnTime: true },
  }));
  return ledger.report(understood, { receivedMs: 0 });
}
