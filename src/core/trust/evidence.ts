import {
  addEvidence,
  clamped,
  COMPLIANCE,
  CONSISTENCY,
  PARTICIPATION,
  QUALITY,
} from "./accumulator.js";
import type { ClientRecord } from "./client-record.js";
import type { UpdateOutcome, ViolationSeverity } from "./observation.js";
import { massOf, type TrustParameters } from "./parameters.js";
import type { TrustModel } from "./trust-model.js";
import { VIOLATION_SEVERITIES, type WorstViolation } from "./trust-reading.js";

/** All that was reported of one client in one round, joined over its reporters. */
export interface RoundEvidence {
  /** DROPPED as well where nobody reported anything. */
  readonly outcome: UpdateOutcome;
  /** NaN: not reported. */
  readonly alignmentRatio: number;
  readonly normRatio: number;
  readonly maxPairwise: number;
  readonly violations: readonly ViolationSeverity[];
  /** Of the latest observation; NaN: there was none. */
  readonly timeMs: number;
}

/** Smallest norm ratio that is told from 0: consistency takes logarithms. */
const LEAST_NORM_RATIO = 1e-3;

/** A refusal by the gate is a violation, too. */
const GATE_SEVERITY: ViolationSeverity = "MEDIUM";

/** What one arrived update shows. */
export interface UpdateSamples {
  /** Absent: neither ratio was reported, as under secure aggregation. */
  readonly quality?: number;
  readonly consistency?: number;
  /** By the gate, which the model `seed-literal-1` has not. */
  readonly refused: boolean;
}

/** Whether an update came with this outcome. */
export function arrived(outcome: UpdateOutcome): boolean {
  return outcome === "COMPLETED" || outcome === "LATE";
}

/**
 * Turns the evidence of one round into samples and adds them: at most one step of every factor's
 * clock, however much was reported.
 *
 * @returns Whether there was any evidence.
 */
export function takeEvidence(
  client: ClientRecord,
  evidence: RoundEvidence,
  model: TrustModel,
): boolean {
  const { outcome, violations } = evidence;
  const { parameters } = model;
  const masses = violations.reduce((sum, severity) => sum + massOf(severity, parameters), 0);
  if (!arrived(outcome)) {
    client.addViolations(violations.length, gravestOf(violations));
    const counts = absenceCounts(outcome, client);
    if (counts) addEvidence(client, model, PARTICIPATION, 0, 1);
    if (violations.length > 0) addEvidence(client, model, COMPLIANCE, 0, masses);
    return counts || violations.length > 0;
  }

  const { quality, consistency, refused } = takeUpdate(client, evidence, model);
  const violated = refused ? [...violations, GATE_SEVERITY] : violations;
  client.addViolations(violated.length, gravestOf(violated));
  const came = outcome === "LATE" ? parameters.lateParticipation : 1;
  const participation = refused ? 0 : came;
  addEvidence(client, model, PARTICIPATION, participation, 1 - participation);
  if (quality !== undefined) addEvidence(client, model, QUALITY, quality, 1 - quality);
  if (consistency !== undefined) {
    addEvidence(client, model, CONSISTENCY, consistency, 1 - consistency);
  }
  const bad = masses + (refused ? massOf(GATE_SEVERITY, parameters) : 0);
  addEvidence(client, model, COMPLIANCE, violated.length > 0 ? 0 : 1, bad);
  return true;
}

function gravestOf(violations: readonly ViolationSeverity[]): WorstViolation {
  let gravest = 0;
  for (const severity of violations) {
    gravest = Math.max(gravest, VIOLATION_SEVERITIES.indexOf(WORDS[severity]));
  }
  return VIOLATION_SEVERITIES[gravest] ?? "none";
}

const WORDS: Readonly<Record<ViolationSeverity, WorstViolation>> = {
  LOW: "low",
  MEDIUM: "medium",
  HIGH: "high",
  CRITICAL: "critical",
};

/** An excluded client is refused its connections: to stay away is then no evidence, to fail is. */
function absenceCounts(outcome: UpdateOutcome, client: ClientRecord): boolean {
  return outcome === "FAILED" || (outcome === "DROPPED" && client.state !== "EXCLUDED");
}

/** The samples of an arrived update, which is then one of the earlier ones. */
function takeUpdate(
  client: ClientRecord,
  { alignmentRatio, normRatio, maxPairwise }: RoundEvidence,
  model: TrustModel,
): UpdateSamples {
  const hasAlignment = !Number.isNaN(alignmentRatio);
  const hasNorm = !Number.isNaN(normRatio);
  if (!hasAlignment && !hasNorm) return { refused: false };

  const { parameters, alignmentDecay } = model;
  let quality = 1;
  if (hasAlignment) {
    client.setAlignment(
      client.alignmentSum * alignmentDecay + alignmentRatio,
      client.alignmentWeight * alignmentDecay + 1,
    );
    quality = alignmentQuality(client.alignmentSum / client.alignmentWeight, parameters);
  }
  const logNorm = Math.log(Math.max(normRatio, LEAST_NORM_RATIO));
  if (hasNorm) quality = Math.min(quality, normQuality(logNorm, parameters));
  const refused = model.coupled && quality < parameters.gate;
  const likeOthers = pairwiseConsistency(maxPairwise, parameters);
  const consistency = likeItself(client, logNorm, alignmentRatio, parameters) * likeOthers;
  client.addUpdate(logNorm, alignmentRatio);
  return { quality, consistency: refused ? 0 : consistency, refused };
}

/** 0 for smoothed alignments that point away from the others, 1 for those that do not. */
export function alignmentQuality(smoothed: number, parameters: TrustParameters): number {
  const { alignmentNone, alignmentFull } = parameters;
  return clamped((smoothed - alignmentNone) / (alignmentFull - alignmentNone));
}

/** 1 for norms near the median, 0 for those that are several times larger or smaller. */
export function normQuality(logNorm: number, { normFull, normNone }: TrustParameters): number {
  const [full, none] = [Math.log(normFull), Math.log(normNone)];
  return clamped(1 - (Math.abs(logNorm) - full) / (none - full));
}

function pairwiseConsistency(maxPairwise: number, parameters: TrustParameters): number {
  const { pairwiseFull, pairwiseNone } = parameters;
  if (Number.isNaN(maxPairwise)) return 1;
  return clamped((pairwiseNone - maxPairwise) / (pairwiseNone - pairwiseFull));
}

/** How an update agrees with the client's earlier ones; 1 while there are too few. */
function likeItself(
  client: ClientRecord,
  logNorm: number,
  alignment: number,
  parameters: TrustParameters,
): number {
  const { minUpdatesForConsistency: fewest, deviationFull, deviationNone } = parameters;
  const norms = spreadOf(client, "norm");
  const alignments = spreadOf(client, "alignment");
  let deviation = 0;
  if (norms.count >= fewest && !Number.isNaN(logNorm)) {
    const spread = Math.max(norms.deviation, parameters.normSpreadFloor);
    deviation = Math.abs(logNorm - norms.mean) / spread;
  }
  if (alignments.count >= fewest && !Number.isNaN(alignment)) {
    const spread = Math.max(alignments.deviation, parameters.alignmentSpreadFloor);
    deviation = Math.max(deviation, Math.abs(alignment - alignments.mean) / spread);
  }
  return clamped((deviationNone - deviation) / (deviationNone - deviationFull));
}

interface Spread {
  readonly count: number;
  readonly mean: number;
  /** Of the population: divided by the count. */
  readonly deviation: number;
}

function spreadOf(client: ClientRecord, of: "norm" | "alignment"): Spread {
  const { updatesKept } = client;
  let count = 0;
  let sum = 0;
  for (let place = 0; place < updatesKept; place += 1) {
    const value = of === "norm" ? client.logNormAt(place) : client.alignmentAt(place);
    if (Number.isNaN(value)) continue;
    count += 1;
    sum += value;
  }
  const mean = sum / count;
  let squares = 0;
  for (let place = 0; place < updatesKept; place += 1) {
    const value = of === "norm" ? client.logNormAt(place) : client.alignmentAt(place);
    if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  }
  return { count, mean, deviation: Math.sqrt(squares / count) };
}
