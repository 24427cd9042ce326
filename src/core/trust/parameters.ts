import type { ViolationSeverity } from "./observation.js";

/** Constants of a model. Changing one makes another model version, and everything is folded anew. */
export interface TrustParameters {
  readonly participationWeight: number;
  readonly qualityWeight: number;
  readonly consistencyWeight: number;
  readonly complianceWeight: number;
  readonly goodHalfLifeRounds: number;
  readonly badHalfLifeRounds: number;
  readonly badWeight: number;
  readonly prior: number;
  readonly priorWeight: number;
  readonly alignmentHalfLifeRounds: number;
  readonly alignmentNone: number;
  readonly alignmentFull: number;
  readonly normFull: number;
  readonly normNone: number;
  readonly gate: number;
  readonly lateParticipation: number;
  readonly minUpdatesForConsistency: number;
  readonly normSpreadFloor: number;
  readonly alignmentSpreadFloor: number;
  readonly deviationFull: number;
  readonly deviationNone: number;
  readonly pairwiseFull: number;
  readonly pairwiseNone: number;
  readonly lowMass: number;
  readonly mediumMass: number;
  readonly highMass: number;
  readonly criticalMass: number;
  readonly intervalDeviations: number;
  readonly probationRounds: number;
  readonly dropAlertBelow: number;
  readonly dropRearmAbove: number;
  readonly massChangeShare: number;
}

interface ParameterInfo {
  readonly value: number;
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  readonly about: string;
}

/** THE table of parameters: default, unit, range, meaning. `docs/trust.md` is held to it. */
// prettier-ignore
export const TRUST_PARAMETERS: Readonly<Record<keyof TrustParameters, ParameterInfo>> = {
  participationWeight: { value: 0.3, unit: "share of the score", least: 0, most: 1, about: "weight of participation_rate; the four add up to 1" },
  qualityWeight: { value: 0.3, unit: "share of the score", least: 0, most: 1, about: "weight of update_quality" },
  consistencyWeight: { value: 0.2, unit: "share of the score", least: 0, most: 1, about: "weight of behavioral_consistency" },
  complianceWeight: { value: 0.2, unit: "share of the score", least: 0, most: 1, about: "weight of compliance_history" },
  goodHalfLifeRounds: { value: 8, unit: "evidence rounds", least: 0.5, most: 1000, about: "good evidence fades to half; bad evidence of participation too" },
  badHalfLifeRounds: { value: 24, unit: "evidence rounds", least: 0.5, most: 1000, about: "bad evidence of the other three factors fades to half" },
  badWeight: { value: 2, unit: "units per unit", least: 1, most: 100, about: "bad evidence of those three counts so many times" },
  prior: { value: 0.5, unit: "score", least: 0.01, most: 0.99, about: "score of a client never seen" },
  priorWeight: { value: 4, unit: "evidence rounds", least: 0.1, most: 100, about: "what the prior weighs beside evidence" },
  alignmentHalfLifeRounds: { value: 3, unit: "arrived updates", least: 0.1, most: 1000, about: "smoothing of the alignment ratio" },
  alignmentNone: { value: -0.05, unit: "ratio to the median", least: -1, most: 1.5, about: "smoothed alignment of quality 0, or less" },
  alignmentFull: { value: 0.2, unit: "ratio to the median", least: -1, most: 1.5, about: "smoothed alignment of quality 1, or more" },
  normFull: { value: 2, unit: "factor above or below the median", least: 1, most: 1000, about: "norm of quality 1, or nearer to the median" },
  normNone: { value: 6, unit: "factor above or below the median", least: 1, most: 1000, about: "norm of quality 0, or farther from the median" },
  gate: { value: 0.2, unit: "quality", least: 0, most: 1, about: "an update of less quality is refused" },
  lateParticipation: { value: 0.5, unit: "participation", least: 0, most: 1, about: "what an update that came LATE counts" },
  minUpdatesForConsistency: { value: 5, unit: "earlier updates", least: 1, most: 20, about: "with fewer of the last 20, consistency is 1" },
  normSpreadFloor: { value: 0.35, unit: "standard deviation of the logarithm", least: 0.001, most: 100, about: "least spread of norms that a deviation is measured by" },
  alignmentSpreadFloor: { value: 0.4, unit: "standard deviation of the ratio", least: 0.001, most: 100, about: "least spread of alignments that a deviation is measured by" },
  deviationFull: { value: 3, unit: "standard deviations", least: 0, most: 1000, about: "deviation of consistency 1, or less" },
  deviationNone: { value: 6, unit: "standard deviations", least: 0, most: 1000, about: "deviation of consistency 0, or more" },
  pairwiseFull: { value: 0.9, unit: "cosine", least: -1, most: 1, about: "likeness to another client that costs no consistency, or less" },
  pairwiseNone: { value: 0.99, unit: "cosine", least: -1, most: 1, about: "likeness to another client that leaves no consistency, or more" },
  lowMass: { value: 0.25, unit: "units of bad evidence", least: 0, most: 100, about: "a violation of severity LOW" },
  mediumMass: { value: 1, unit: "units of bad evidence", least: 0, most: 100, about: "a violation of severity MEDIUM, and an update refused by the gate" },
  highMass: { value: 2, unit: "units of bad evidence", least: 0, most: 100, about: "a violation of severity HIGH" },
  criticalMass: { value: 5, unit: "units of bad evidence", least: 0, most: 100, about: "a violation of severity CRITICAL, which excludes besides" },
  intervalDeviations: { value: 1.645, unit: "standard deviations", least: 0, most: 10, about: "half the width of intervals: 5 % to 95 %" },
  probationRounds: { value: 5, unit: "evidence rounds", least: 0, most: 1000, about: "least stay in PROBATION" },
  dropAlertBelow: { value: -0.3, unit: "trust_score_change", least: -1, most: 0, about: "raises trust_score_drop" },
  dropRearmAbove: { value: -0.2, unit: "trust_score_change", least: -1, most: 0, about: "resolves it" },
  massChangeShare: { value: 0.3, unit: "share of the selected", least: 0, most: 1, about: "more changes of state in one round raise mass_state_change" },
};

/** Earlier updates that consistency looks at. Not a parameter: records have that many places. */
export const CONSISTENCY_WINDOW = 20;
/** Evaluated rounds among whose scores the peak is looked for. */
export const PEAK_WINDOW = 10;

const NAMES = Object.keys(TRUST_PARAMETERS) as (keyof TrustParameters)[];

export const DEFAULT_PARAMETERS: TrustParameters = Object.fromEntries(
  NAMES.map((name) => [name, TRUST_PARAMETERS[name].value]),
) as unknown as TrustParameters;

/** What is wrong with parameters that somebody sets; each names the parameter and the fix. */
export function parameterProblems(set: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(set)) {
    const info = NAMES.find((known) => known === name);
    if (info === undefined) {
      problems.push(`\`${name}\` is no parameter of trust: there are ${NAMES.join(", ")}`);
      continue;
    }
    const { least, most, unit } = TRUST_PARAMETERS[info];
    if (typeof value !== "number" || !(value >= least && value <= most)) {
      problems.push(`\`${name}\` must be a number from ${least} to ${most} (${unit})`);
    }
  }
  if (problems.length > 0) return problems;
  return relationProblems({ ...DEFAULT_PARAMETERS, ...set });
}

function relationProblems(parameters: TrustParameters): string[] {
  const problems: string[] = [];
  const weights =
    parameters.participationWeight +
    parameters.qualityWeight +
    parameters.consistencyWeight +
    parameters.complianceWeight;
  if (Math.abs(weights - 1) > 1e-9) {
    problems.push(`the four weights must add up to 1, they add up to ${weights}`);
  }
  for (const [less, more] of [
    ["alignmentNone", "alignmentFull"],
    ["normFull", "normNone"],
    ["deviationFull", "deviationNone"],
    ["pairwiseFull", "pairwiseNone"],
    ["dropAlertBelow", "dropRearmAbove"],
  ] as const) {
    if (!(parameters[less] < parameters[more])) {
      problems.push(`\`${less}\` must be less than \`${more}\``);
    }
  }
  return problems;
}

/** Units of bad evidence that a violation is. */
export function massOf(severity: ViolationSeverity, parameters: TrustParameters): number {
  switch (severity) {
    case "LOW":
      return parameters.lowMass;
    case "MEDIUM":
      return parameters.mediumMass;
    case "HIGH":
      return parameters.highMass;
    case "CRITICAL":
      return parameters.criticalMass;
  }
}
