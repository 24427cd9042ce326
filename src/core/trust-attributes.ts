import { FACTOR_NAMES, type FactorName, type TrustReading } from "./trust/trust-reading.js";
import type { Value, ValueMap } from "./values.js";

/** Names that conditions read of a client, and that are the engine's once a client is named. */
const CLIENT_NAMES = [
  "trust_score",
  "trust_lower",
  "trust_upper",
  "trust_state",
  "trust_score_change",
  "rounds_observed",
  "exclusions",
  "factors",
] as const;

/** All of them in full, under `client.`: `trust_score`, ..., `factors.NAME`, `factors.NAME.lower`. */
export const CLIENT_PATHS: readonly string[] = [
  ...CLIENT_NAMES,
  ...FACTOR_NAMES.flatMap((name) =>
    ["", ".lower", ".upper"].map((bound) => `factors.${name}${bound}`),
  ),
];

const OF_CLIENT: ReadonlySet<string> = new Set(CLIENT_NAMES);

/** Names that conditions read of what a client did wrong, under `violation.`; the engine's alike. */
export const VIOLATION_NAMES: readonly string[] = ["severity", "count"];

/** Whether a dotted name is one of which the engine alone speaks once a client is named. */
export function isClientName(path: readonly string[]): boolean {
  const [root, name = ""] = path;
  return (
    (root === "client" && OF_CLIENT.has(name)) ||
    (root === "violation" && VIOLATION_NAMES.includes(name)) ||
    (root === "trust_score_change" && path.length === 1)
  );
}

/** `client`, its violations, its change of late, and beside them the bounds of factors, whose own names are numbers. */
export type TrustAttributes = {
  readonly client: ValueMap;
  readonly violation: ValueMap;
} & Readonly<
  Record<"trust_score_change" | `client.factors.${FactorName}.${"lower" | "upper"}`, number>
>;

/**
 * What is known of a client as attributes: `client.trust_score`, ..., `client.factors.NAME` and its
 * `.lower` and `.upper`, `violation.severity`, `violation.count`, `trust_score_change`.
 */
export function trustAttributes(reading: TrustReading): TrustAttributes {
  const factors = new Map(reading.factors.map((factor) => [factor.name, factor]));
  const lower = (name: FactorName): number => factors.get(name)?.lower ?? 0;
  const upper = (name: FactorName): number => factors.get(name)?.upper ?? 1;
  return {
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
    violation: { severity: reading.worstViolation, count: reading.violations },
    trust_score_change: reading.trustScoreChange,
    "client.factors.participation_rate.lower": lower("participation_rate"),
    "client.factors.participation_rate.upper": upper("participation_rate"),
    "client.factors.update_quality.lower": lower("update_quality"),
    "client.factors.update_quality.upper": upper("update_quality"),
    "client.factors.behavioral_consistency.lower": lower("behavioral_consistency"),
    "client.factors.behavioral_consistency.upper": upper("behavioral_consistency"),
    "client.factors.compliance_history.lower": lower("compliance_history"),
    "client.factors.compliance_history.upper": upper("compliance_history"),
  };
}

/**
 * A map that begins with `trust`, for more attributes. Why key by key: V8 makes room for a literal's
 * keys inside the object; what is made by spreading, or grows key by key, becomes a slow hash table.
 */
export function copyTrustAttributes(trust: TrustAttributes): Record<string, Value> {
  return {
    client: trust.client,
    violation: trust.violation,
    trust_score_change: trust.trust_score_change,
    "client.factors.participation_rate.lower": trust["client.factors.participation_rate.lower"],
    "client.factors.participation_rate.upper": trust["client.factors.participation_rate.upper"],
    "client.factors.update_quality.lower": trust["client.factors.update_quality.lower"],
    "client.factors.update_quality.upper": trust["client.factors.update_quality.upper"],
    "client.factors.behavioral_consistency.lower":
      trust["client.factors.behavioral_consistency.lower"],
    "client.factors.behavioral_consistency.upper":
      trust["client.factors.behavioral_consistency.upper"],
    "client.factors.compliance_history.lower": trust["client.factors.compliance_history.lower"],
    "client.factors.compliance_history.upper": trust["client.factors.compliance_history.upper"],
  };
}
