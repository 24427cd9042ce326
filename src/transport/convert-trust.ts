import type {
  ReportedKind,
  ReportedObservation,
  ReportedUpdate,
} from "../application/trust-report.js";
import type { ShownObservation, TrustAnswer } from "../application/evaluate-trust.js";
import type { ListedScore } from "../application/list-trust.js";
import type { StoredObservation } from "../application/ports/observation-log.js";
import type {
  AlignmentReference as CoreReference,
  UpdateOutcome as CoreOutcome,
  ViolationSeverity as CoreSeverity,
} from "../core/trust/observation.js";
import type {
  FactorReading,
  TrustReading,
  TrustState as CoreState,
} from "../core/trust/trust-reading.js";
import { TrustState } from "../gen/flopynet/policy/v1/decision.js";
import type { EvaluateTrustResponse } from "../gen/flopynet/policy/v1/trust_service.js";
import {
  AlignmentReference,
  type Observation,
  type TrustContribution,
  type TrustCounterfactual,
  type TrustFactor,
  type TrustPoint,
  type TrustScore,
  UpdateOutcome,
  type UpdateReported,
  ViolationSeverity,
} from "../gen/flopynet/policy/v1/trust_types.js";
import { invalidField } from "../application/errors.js";
import { timeFromProto } from "./convert-event.js";
import { ruleRefToProto } from "./convert-decision.js";
import { structFromValues } from "./convert-struct.js";
import { STATE } from "./convert-trust-state.js";

const OUTCOME = {
  COMPLETED: UpdateOutcome.UPDATE_OUTCOME_COMPLETED,
  LATE: UpdateOutcome.UPDATE_OUTCOME_LATE,
  DROPPED: UpdateOutcome.UPDATE_OUTCOME_DROPPED,
  FAILED: UpdateOutcome.UPDATE_OUTCOME_FAILED,
  DECLINED: UpdateOutcome.UPDATE_OUTCOME_DECLINED,
} as const satisfies Record<CoreOutcome, UpdateOutcome>;

const REFERENCE = {
  ROBUST_CENTRE: AlignmentReference.ALIGNMENT_REFERENCE_ROBUST_CENTRE,
  ROOT: AlignmentReference.ALIGNMENT_REFERENCE_ROOT,
  BOTH: AlignmentReference.ALIGNMENT_REFERENCE_BOTH,
  NONE: AlignmentReference.ALIGNMENT_REFERENCE_NONE,
} as const satisfies Record<CoreReference, AlignmentReference>;

const SEVERITY = {
  LOW: ViolationSeverity.VIOLATION_SEVERITY_LOW,
  MEDIUM: ViolationSeverity.VIOLATION_SEVERITY_MEDIUM,
  HIGH: ViolationSeverity.VIOLATION_SEVERITY_HIGH,
  CRITICAL: ViolationSeverity.VIOLATION_SEVERITY_CRITICAL,
} as const satisfies Record<CoreSeverity, ViolationSeverity>;

/** The word of an enum value; undefined for one that is not in the table. */
function wordsOf<Word extends string, Value>(table: Readonly<Record<Word, Value>>) {
  const words = new Map(Object.entries<Value>(table).map(([word, value]) => [value, word as Word]));
  return (value: Value): Word | undefined => words.get(value);
}

const stateWord = wordsOf<CoreState, TrustState>(STATE);
const outcomeWord = wordsOf<CoreOutcome, UpdateOutcome>(OUTCOME);
const referenceWord = wordsOf<CoreReference, AlignmentReference>(REFERENCE);
const severityWord = wordsOf<CoreSeverity, ViolationSeverity>(SEVERITY);

/** @throws {PdpError} REQUEST_INVALID for a state that is none. */
export function statesFromProto(states: readonly TrustState[]): readonly CoreState[] {
  return states.map((state, index) => {
    const word = stateWord(state);
    if (word !== undefined) return word;
    const rule = `must be PROBATION, ACTIVE, REDUCED or EXCLUDED, got ${state}`;
    throw invalidField(`states[${index}]`, rule);
  });
}

/** @throws {PdpError} REQUEST_INVALID for a time that is out of a clock's range. */
export function observationFromProto(observation: Observation, index: number): ReportedObservation {
  const path = `observations[${index}]`;
  const observeTimeMs = timeFromProto(`${path}.observe_time`, observation.observeTime);
  const seen = kindFromProto(observation.kind, path);
  return {
    observationId: observation.observationId,
    runId: observation.runId,
    round: observation.round,
    ...(observeTimeMs !== undefined && { observeTimeMs }),
    ...(seen && { seen }),
  };
}

function kindFromProto(kind: Observation["kind"], path: string): ReportedKind | undefined {
  switch (kind?.$case) {
    case undefined:
      return undefined;
    case "roundOpened": {
      const { selectedClientIds, deadline } = kind.value;
      const deadlineMs = timeFromProto(`${path}.round_opened.deadline`, deadline);
      return {
        ...{ kind: "round_opened", selectedClientIds },
        ...(deadlineMs !== undefined && { deadlineMs }),
      };
    }
    case "updateReported":
      return updateFromProto(kind.value);
    case "violation": {
      const { clientId, policyId } = kind.value;
      const severity = severityWord(kind.value.severity);
      return { kind: "violation", clientId, policyId, ...(severity && { severity }) };
    }
    case "roundClosed":
      return { kind: "round_closed" };
    case "clientRegistered": {
      const { clientId, publicKeyFingerprint, owner } = kind.value;
      return { kind: "client_registered", clientId, publicKeyFingerprint, owner };
    }
  }
}

function updateFromProto(update: UpdateReported): ReportedUpdate {
  const { clientId, latencyMs, alignmentRatio, normRatio, alignment, lossDelta } = update;
  const { maxPairwise } = update;
  const outcome = outcomeWord(update.outcome);
  const alignmentReference = referenceWord(update.alignmentReference);
  return {
    ...{ kind: "update_reported", clientId, latencyMs, numExamples: Number(update.numExamples) },
    ...(outcome && { outcome }),
    ...(alignmentRatio !== undefined && { alignmentRatio }),
    ...(normRatio !== undefined && { normRatio }),
    ...(alignment !== undefined && { alignment }),
    ...(lossDelta !== undefined && { lossDelta }),
    ...(maxPairwise !== undefined && { maxPairwise }),
    ...(alignmentReference && { alignmentReference }),
  };
}

export function trustAnswerToProto(answer: TrustAnswer): EvaluateTrustResponse {
  const { reading, explanation, observations } = answer;
  return {
    clientId: reading.clientId,
    known: reading.known,
    ...{ trustScore: reading.trustScore, trustLower: reading.trustLower },
    ...{ trustUpper: reading.trustUpper, confidence: reading.confidence },
    state: STATE[reading.state],
    excluded: reading.excluded,
    weightMultiplier: answer.weightMultiplier,
    matchedRules: answer.matchedRules.map(({ ref, parameters }) => ({
      rule: ruleRefToProto(ref),
      action: ref.action,
      parameters: structFromValues(parameters),
    })),
    trustScoreChange: reading.trustScoreChange,
    trustScoreDelta: reading.trustScoreDelta,
    roundsObserved: reading.roundsObserved,
    exclusions: reading.exclusions,
    factors: reading.factors.map(factorToProto),
    trustModel: answer.model,
    ...lastRound(reading),
    policyVersion: String(answer.policyVersion),
    contributions: (explanation?.contributions ?? []).map(
      ({ factor, contribution }): TrustContribution => ({
        ...{ factor, contribution },
        observations: observations
          .filter((one) => FED_BY[factor].includes(one.kind))
          .slice(0, MOST_OBSERVATIONS)
          .map(observationToProto),
      }),
    ),
    ...(explanation && { counterfactual: counterfactualToProto(explanation.counterfactual) }),
  };
}

const MOST_OBSERVATIONS = 10;
/** Kinds of observation that feed a factor. */
const FED_BY: Readonly<Record<FactorReading["name"], readonly StoredObservation["kind"][]>> = {
  participation_rate: ["update_reported"],
  update_quality: ["update_reported"],
  behavioral_consistency: ["update_reported"],
  compliance_history: ["update_reported", "violation"],
};

function counterfactualToProto({
  better,
  worse,
}: NonNullable<TrustAnswer["explanation"]>["counterfactual"]): TrustCounterfactual {
  const none = TrustState.TRUST_STATE_UNSPECIFIED;
  return {
    betterState: better ? STATE[better.state] : none,
    ...(better && { goodRounds: better.rounds }),
    worseState: worse ? STATE[worse.state] : none,
    ...(worse && { badRounds: worse.rounds }),
  };
}

function lastRound({ runId = "", round = 0, lastEvidenceTimeMs }: TrustReading) {
  return {
    ...{ runId, round },
    ...(lastEvidenceTimeMs !== undefined && { lastEvidenceTime: new Date(lastEvidenceTimeMs) }),
  };
}

function factorToProto({
  name,
  value,
  lower,
  upper,
  weight,
  evidenceGood,
  evidenceBad,
}: FactorReading): TrustFactor {
  return { name, value, lower, upper, weight, evidenceGood, evidenceBad };
}

export function trustScoreToProto({ reading, weightMultiplier }: ListedScore): TrustScore {
  return {
    clientId: reading.clientId,
    ...{ trustScore: reading.trustScore, trustLower: reading.trustLower },
    ...{ trustUpper: reading.trustUpper, state: STATE[reading.state], weightMultiplier },
    trustScoreChange: reading.trustScoreChange,
    roundsObserved: reading.roundsObserved,
    exclusions: reading.exclusions,
    ...lastRound(reading),
  };
}

export function trustPointToProto(reading: TrustReading, policyVersion: number): TrustPoint {
  return {
    ...{ runId: reading.runId ?? "", round: reading.round ?? 0 },
    ...{ trustScore: reading.trustScore, trustLower: reading.trustLower },
    ...{ trustUpper: reading.trustUpper, state: STATE[reading.state] },
    trustScoreDelta: reading.trustScoreDelta,
    trustScoreChange: reading.trustScoreChange,
    factors: reading.factors.map(factorToProto),
    policyVersion: String(policyVersion),
  };
}

/** An observation as it was reported. */
export function observationToProto(stored: ShownObservation): Observation {
  const { observationId, runId, round, receivedMs, observedMs } = stored;
  const kind = kindToProto(stored);
  return {
    ...{ observationId, runId, round, observeTime: new Date(observedMs ?? receivedMs) },
    ...(kind && { kind }),
  };
}

/** Only what a contribution rests on: the rest is about no single client. */
function kindToProto({ kind, clientId, payload }: StoredObservation): Observation["kind"] {
  const number = (name: string): number | undefined => payload[name] as number | undefined;
  const text = (name: string): string => (payload[name] as string | undefined) ?? "";
  if (kind === "violation") {
    const severity = SEVERITY[payload["severity"] as CoreSeverity];
    return { $case: "violation", value: { clientId, policyId: text("policyId"), severity } };
  }
  if (kind !== "update_reported") return undefined;
  const reference = payload["alignmentReference"] as CoreReference | undefined;
  return {
    $case: "updateReported",
    value: {
      clientId,
      outcome: OUTCOME[payload["outcome"] as CoreOutcome],
      latencyMs: number("latencyMs") ?? 0,
      numExamples: String(number("numExamples") ?? 0),
      alignmentRatio: number("alignmentRatio"),
      normRatio: number("normRatio"),
      alignment: number("alignment"),
      lossDelta: number("lossDelta"),
      maxPairwise: number("maxPairwise"),
      alignmentReference: reference
        ? REFERENCE[reference]
        : AlignmentReference.ALIGNMENT_REFERENCE_UNSPECIFIED,
    },
  };
}
