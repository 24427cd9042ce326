import type { TrustReading } from "./trust/trust-reading.js";
import type { Value, ValueMap } from "./values.js";

/** Names that conditions read of a client, and that are the engine's once a client is named. */
export const CLIENT_NAMES = [
  "trust_score",
  "trust_lower",
  "trust_upper",
  "trust_state",
  "trust_score_change",
  "rounds_observed",
  "exclusions",
  "factors",
] as const;

/**
 * What is known of a client as attributes: `client.trust_score`, ..., `client.factors.NAME` and its
 * `.lower` and `.upper`, `trust_score_change`. The last two of a factor are flat, because its own name
 * is a number.
 */
export function trustAttributes(reading: TrustReading): ValueMap {
  const attributes: Record<string, Value> = {
    client: {
      trust_score: reading.trustScore,
      trust_lower: reading.trustLower,
      trust_upper: reading.trustUpper,
      trust_state: reading.state,
      trust_score_change: reading.trustScoreChange,
      rounds_observed: reading.roundsObserved,
      exclusions: reading.exclusions,
      factors: Object.fromEntries(reading.factors.map(({ name, value }) => [name, value])),
    },
    trust_score_change: reading.trustScoreChange,
  };
  for (const { name, lower, upper } of reading.factors) {
    attributes[`client.factors.${name}.lower`] = lower;
    attributes[`client.factors.${name}.upper`] = upper;
  }
  return attributes;
}
