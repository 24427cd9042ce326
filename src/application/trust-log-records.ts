import type { Observation, UpdateReported } from "../core/trust/observation.js";
import type { Value, ValueMap } from "../core/values.js";
import type { LoggedObservation, ObservationKey } from "./ports/observation-log.js";
import type { UnderstoodObservation } from "./trust-report.js";

/** What makes an observation a duplicate of another. */
export function keyOf(observation: Observation): ObservationKey {
  const { kind, reporter } = observation;
  return {
    kind,
    reporter,
    runId: "runId" in observation ? observation.runId : "",
    round: "round" in observation ? observation.round : 0,
    clientId: "clientId" in observation ? observation.clientId : "",
  };
}

/** As it is kept. */
export function loggedObservation(
  { observation, observationId, hasOwnTime }: UnderstoodObservation,
  facts: Pick<LoggedObservation, "receivedMs" | "late" | "rulesHash"> & {
    /** What is kept for people besides. */
    readonly note?: ValueMap | undefined;
  },
): LoggedObservation {
  const { kind, reporter } = observation;
  const { receivedMs, late, rulesHash, note } = facts;
  // Why one literal, and no spreading: it is made for every observation.
  const logged: Mutable<LoggedObservation> = {
    kind,
    runId: "runId" in observation ? observation.runId : "",
    round: "round" in observation ? observation.round : 0,
    clientId: "clientId" in observation ? observation.clientId : "",
    reporter,
    receivedMs,
    late,
    payload: payloadOf(observation, note),
  };
  if (observationId !== "") logged.observationId = observationId;
  if (hasOwnTime) logged.observedMs = observation.observeTimeMs;
  if (rulesHash !== undefined) logged.rulesHash = rulesHash;
  return logged;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The observation that was kept. */
export function observationFrom(logged: LoggedObservation): Observation {
  const { kind, runId, round, clientId, reporter, payload } = logged;
  const observeTimeMs = logged.observedMs ?? logged.receivedMs;
  // It was written by `payloadOf` from an observation of this kind.
  return {
    ...payload,
    ...{ kind, reporter, observeTimeMs },
    ...(runId !== "" && { runId, round }),
    ...(clientId !== "" && { clientId }),
  } as unknown as Observation;
}

const OF_THE_KEY = new Set(["kind", "runId", "round", "clientId", "reporter", "observeTimeMs"]);

function payloadOf(observation: Observation, note: ValueMap | undefined): ValueMap {
  if (observation.kind === "update_reported" && !note) return payloadOfUpdate(observation);
  const payload: Record<string, Value> = {};
  const given = observation as unknown as Readonly<Record<string, Value | undefined>>;
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined && !OF_THE_KEY.has(name)) payload[name] = value;
  }
  return note ? { ...payload, ...note } : payload;
}

/** The same of an update, name by name: it is made for nearly every observation. */
function payloadOfUpdate(update: UpdateReported): ValueMap {
  const { outcome, latencyMs, numExamples, alignmentRatio, normRatio } = update;
  const { alignment, lossDelta, maxPairwise, alignmentReference } = update;
  const payload: Record<string, Value> = { outcome };
  if (latencyMs !== undefined) payload["latencyMs"] = latencyMs;
  if (numExamples !== undefined) payload["numExamples"] = numExamples;
  if (alignmentRatio !== undefined) payload["alignmentRatio"] = alignmentRatio;
  if (normRatio !== undefined) payload["normRatio"] = normRatio;
  if (alignment !== undefined) payload["alignment"] = alignment;
  if (lossDelta !== undefined) payload["lossDelta"] = lossDelta;
  if (maxPairwise !== undefined) payload["maxPairwise"] = maxPairwise;
  if (alignmentReference !== undefined) payload["alignmentReference"] = alignmentReference;
  return payload;
}
