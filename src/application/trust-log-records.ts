import type { Observation } from "../core/trust/observation.js";
import type { ValueMap } from "../core/values.js";
import type { Digests } from "./ports/digests.js";
import type { LoggedObservation, ObservationKey } from "./ports/observation-log.js";

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

/** The key as its printed form. */
export function observationIdOf(digests: Pick<Digests, "uuidOf">, key: ObservationKey): string {
  const { runId, round, clientId, kind, reporter } = key;
  return digests.uuidOf(JSON.stringify([runId, round, clientId, kind, reporter]));
}

/** As it is kept. */
export function loggedObservation(
  observation: Observation,
  facts: Pick<LoggedObservation, "observationId" | "receivedMs" | "late" | "rulesHash"> & {
    /** Whether the reporter said when. */
    readonly hasOwnTime: boolean;
    /** What is kept for people besides. */
    readonly note?: ValueMap;
  },
): LoggedObservation {
  const { observationId, receivedMs, late, rulesHash, hasOwnTime, note } = facts;
  return {
    ...keyOf(observation),
    ...{ observationId, receivedMs, late },
    ...(hasOwnTime && { observedMs: observation.observeTimeMs }),
    ...(rulesHash !== undefined && { rulesHash }),
    payload: { ...payloadOf(observation), ...note },
  };
}

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

function payloadOf(observation: Observation): ValueMap {
  const entries = Object.entries(observation).filter(
    ([name, value]) => !OF_THE_KEY.has(name) && value !== undefined,
  );
  return Object.fromEntries(entries);
}
