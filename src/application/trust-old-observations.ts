import type { Admission } from "../core/trust/admission.js";
import type { Observation } from "../core/trust/observation.js";
import { payloadDigest } from "../core/trust/payload-digest.js";
import type { ObservationKey, ObservationLog } from "./ports/observation-log.js";
import { keyOf, observationFrom } from "./trust-log-records.js";

/** What is known of observations of rounds that the door has let go of: what the log says. */
export interface OldObservations {
  /** @throws {PdpError} STORAGE_UNAVAILABLE. */
  verdictOf(observation: Observation): Promise<Admission>;
}

/** For one report: each round is read once, and what the report itself brings is remembered. */
export function createOldObservations(log: Pick<ObservationLog, "ofRound">): OldObservations {
  /** By round: the digest of what is known, by key. */
  const rounds = new Map<string, Map<string, number>>();

  async function roundOf({ runId, round }: ObservationKey): Promise<Map<string, number>> {
    const name = `${round} ${runId}`;
    const known = rounds.get(name);
    if (known) return known;
    const stored = await log.ofRound(runId, round);
    const read = new Map(stored.map((one) => [nameOf(one), payloadDigest(observationFrom(one))]));
    rounds.set(name, read);
    return read;
  }

  return {
    async verdictOf(observation) {
      const key = keyOf(observation);
      const digest = payloadDigest(observation);
      const known = await roundOf(key);
      const before = known.get(nameOf(key));
      if (before === undefined) {
        known.set(nameOf(key), digest);
        return { verdict: "late" };
      }
      if (before === digest) return { verdict: "duplicate" };
      const message = `\`${key.kind}\` of this was reported by \`${key.reporter}\` before, with other content`;
      return { verdict: "rejected", reason: "OBSERVATION_CONFLICT", message };
    },
  };
}

function nameOf({ kind, clientId, reporter }: ObservationKey): string {
  return JSON.stringify([kind, clientId, reporter]);
}
