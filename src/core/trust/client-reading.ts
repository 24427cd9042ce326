import { factorInterval, factorMean, trustInterval } from "./accumulator.js";
import type { ClientRecord } from "./client-record.js";
import type { TrustModel } from "./trust-model.js";
import { FACTOR_NAMES, type TrustReading } from "./trust-reading.js";

/** Who a record is about, which the record itself does not know. */
export interface RecordOwner {
  readonly clientId: string;
  readonly known: boolean;
  /** Name of the run that the record has the number of. */
  readonly runId: string | undefined;
}

/** What a record says, for people and conditions. */
export function readingOf(
  client: ClientRecord,
  { clientId, known, runId }: RecordOwner,
  model: TrustModel,
): TrustReading {
  const { lower, upper } = trustInterval(client, model);
  const { state, evidenceTimeMs } = client;
  return {
    clientId,
    known,
    trustScore: client.score,
    trustLower: lower,
    trustUpper: upper,
    confidence: 1 - (upper - lower),
    state,
    excluded: state === "EXCLUDED",
    factors: FACTOR_NAMES.map((name, factor) => ({
      name,
      value: factorMean(client, model, factor),
      ...factorInterval(client, model, factor),
      weight: model.weights[factor] ?? 0,
      evidenceGood: client.good(factor),
      evidenceBad: client.bad(factor),
    })),
    trustScoreChange: client.change,
    trustScoreDelta: client.delta,
    roundsObserved: client.roundsObserved,
    violations: client.violations,
    worstViolation: client.worstViolation,
    exclusions: client.exclusions,
    dwellRounds: state === "EXCLUDED" ? Math.max(0, client.dwell) : 0,
    ...(runId === undefined ? {} : { runId, round: client.round }),
    ...(Number.isNaN(evidenceTimeMs) ? {} : { lastEvidenceTimeMs: evidenceTimeMs }),
  };
}
