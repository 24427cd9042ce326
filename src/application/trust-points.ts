import {
  FACTOR_NAMES,
  type FactorReading,
  type TrustReading,
  type TrustState,
  VIOLATION_SEVERITIES,
} from "../core/trust/trust-reading.js";
import type { ValueMap } from "../core/values.js";

const STATES: readonly TrustState[] = ["PROBATION", "ACTIVE", "REDUCED", "EXCLUDED"];
/** Numbers of one factor. */
const OF_FACTOR = 5;
const FACTORS = 11;
/** Behind the factors. Points that were made before it was kept have none. */
const VIOLATIONS = FACTORS + OF_FACTOR * FACTOR_NAMES.length;

/** A reading as it is kept of each evaluated round: numbers in a fixed order. */
export function pointOf(reading: TrustReading): ValueMap {
  return {
    run: reading.runId ?? "",
    n: [
      reading.round ?? 0,
      STATES.indexOf(reading.state),
      reading.trustScore,
      reading.trustLower,
      reading.trustUpper,
      reading.trustScoreChange,
      reading.trustScoreDelta,
      reading.roundsObserved,
      reading.exclusions,
      reading.dwellRounds,
      reading.lastEvidenceTimeMs ?? -1,
      ...reading.factors.flatMap(({ value, lower, upper, evidenceGood, evidenceBad }) => [
        ...[value, lower, upper, evidenceGood, evidenceBad],
      ]),
      reading.violations,
      VIOLATION_SEVERITIES.indexOf(reading.worstViolation),
    ],
  };
}

/** @param weights - By factor: those of the model, which made all points there are. */
export function readingOfPoint(
  clientId: string,
  point: ValueMap,
  weights: readonly number[],
): TrustReading {
  const numbers = point["n"] as readonly number[];
  const number = (place: number): number => numbers[place] ?? 0;
  const state = STATES[number(1)] ?? "EXCLUDED";
  const [lower, upper, evidenceTimeMs] = [number(3), number(4), number(10)];
  return {
    ...{ clientId, known: true, runId: point["run"] as string, round: number(0), state },
    ...{ trustScore: number(2), trustLower: lower, trustUpper: upper },
    confidence: 1 - (upper - lower),
    excluded: state === "EXCLUDED",
    trustScoreChange: number(5),
    trustScoreDelta: number(6),
    roundsObserved: number(7),
    violations: number(VIOLATIONS),
    worstViolation: VIOLATION_SEVERITIES[number(VIOLATIONS + 1)] ?? "none",
    exclusions: number(8),
    dwellRounds: number(9),
    ...(evidenceTimeMs >= 0 && { lastEvidenceTimeMs: evidenceTimeMs }),
    factors: FACTOR_NAMES.map((name, index): FactorReading => {
      const at = FACTORS + index * OF_FACTOR;
      return {
        ...{ name, value: number(at), lower: number(at + 1), upper: number(at + 2) },
        weight: weights[index] ?? 0,
        ...{ evidenceGood: number(at + 3), evidenceBad: number(at + 4) },
      };
    }),
  };
}
