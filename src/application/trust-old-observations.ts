import { type Admission, openedForOthers } from "../core/trust/admission.js";
import type { Observation } from "../core/trust/observation.js";
import { payloadDigest, selectionDigest } from "../core/trust/payload-digest.js";
import type { ObservationKey, ObservationLog } from "./ports/observation-log.js";
import { keyOf, observationFrom } from "./trust-log-records.js";

/** What is known of observations of rounds that the door has let go of: what the log says. */
export interface OldObservations {
  /** @throws {PdpError} STORAGE_UNAVAILABLE. */
  verdictOf(observation: Observation): Promise<Admission>;
}

/** What is known of one round, in numbers: a report may name many rounds of many clients. */
interface OldRound {
  /** By key: what was said. */
  readonly digests: Map<string, number>;
  /** Whom it was opened for, by whoever did first; absent: it never was. */
  selection?: number;
}

/** For one report: each round is read once, and what the report itself brings is remembered. */
export function createOldObservations(log: Pick<ObservationLog, "ofRound">): OldObservations {
  const rounds = new Map<string, OldRound>();

  async function roundOf({ runId, round }: ObservationKey): Promise<OldRound> {
    const name = `${round} ${runId}`;
    const known = rounds.get(name);
    if (known) return known;
    const read: OldRound = { digests: new Map() };
    for (const stored of await log.ofRound(runId, round)) {
      const observation = observationFrom(stored);
      read.digests.set(nameOf(stored), payloadDigest(observation));
      if (observation.kind === "round_opened") read.selection ??= selectionDigest(observation);
    }
    rounds.set(name, read);
    return read;
  }

  return {
    async verdictOf(observation) {
      const key = keyOf(observation);
      const digest = payloadDigest(observation);
      const known = await roundOf(key);
      if (observation.kind === "round_opened") {
        const selection = selectionDigest(observation);
        known.selection ??= selection;
        if (known.selection !== selection) return openedForOthers(key.runId, key.round);
      }
      const before = known.digests.get(nameOf(key));
      if (before === undefined) {
        known.digests.set(nameOf(key), digest);
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
