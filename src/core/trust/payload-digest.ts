import type { Observation, RoundOpened, UpdateReported } from "./observation.js";

/**
 * A number that stands for what an observation says, without who says it when about whom: equal for a
 * repetition, and different (but for one case in 2^53) for a contradiction. The time of observation is
 * left out: it may have been filled in when it was received.
 */
export function payloadDigest(observation: Observation): number {
  return hash(textOf(observation));
}

/** The same of the clients that a round was opened for, in whatever order they were named. */
export function selectionDigest({ selectedClientIds }: RoundOpened): number {
  return hash(JSON.stringify(selectedClientIds.toSorted()));
}

/** As JSON. INVARIANT: kept digests stand for these very texts. */
function textOf(observation: Observation): string {
  if (observation.kind !== "update_reported") return JSON.stringify(payloadOf(observation));
  // Why piece by piece: it is asked twice for nearly every observation.
  const { outcome, alignmentReference: reference } = observation;
  return (
    `["${outcome}",${jsonOf(observation.alignmentRatio)},${jsonOf(observation.normRatio)},` +
    `${jsonOf(observation.maxPairwise)},${jsonOf(observation.latencyMs)},` +
    `${jsonOf(observation.numExamples)},${jsonOf(observation.alignment)},` +
    `${jsonOf(observation.lossDelta)},${reference === undefined ? "null" : `"${reference}"`}]`
  );
}

function jsonOf(number: number | undefined): string {
  return number === undefined || !Number.isFinite(number) ? "null" : `${number}`;
}

function payloadOf(observation: Exclude<Observation, UpdateReported>): readonly unknown[] {
  switch (observation.kind) {
    case "round_opened":
      return [observation.deadlineMs];
    case "violation":
      return [observation.policyId, observation.severity];
    case "client_registered":
      return [observation.publicKeyFingerprint, observation.owner];
    case "round_closed":
    case "client_pardoned":
      return [];
  }
}

const LOW_BITS = 21;

/** 53 bits of two sums in the manner of FNV-1a, over UTF-16. */
function hash(text: string): number {
  let [high, low] = [0x811c9dc5, 0x01000193];
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x85ebca6b) ^ (low >>> 13);
  }
  return (high >>> 0) * 2 ** LOW_BITS + ((low ^ (low >>> 16)) & (2 ** LOW_BITS - 1));
}
