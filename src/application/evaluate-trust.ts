import { connectionViolations } from "../core/connection-violations.js";
import { contextViolations } from "../core/context-violations.js";
import type { RuleRef } from "../core/decision.js";
import { candidateOutcome, isCandidate } from "../core/evaluate-rule.js";
import { accessRequest } from "../core/request.js";
import { trustAttributes } from "../core/trust-attributes.js";
import { stateRuleHolds, type StateRuleText } from "../core/trust-policy.js";
import type { TrustExplanation } from "../core/trust/trust-explanation.js";
import type { TrustReading } from "../core/trust/trust-reading.js";
import type { TrustRules } from "../core/trust/trust-rules.js";
import { holdsFor, weightMultiplier } from "../core/trust/trust-state.js";
import type { ValueMap } from "../core/values.js";
import { policyEngineIn } from "./engine-attributes.js";
import type { EngineStatus } from "./engine-status.js";
import { invalidField, PdpError } from "./errors.js";
import type { Digests } from "./ports/digests.js";
import type { ObservationLog, StoredObservation } from "./ports/observation-log.js";
import type { TrustHistory } from "./ports/trust-history.js";
import { resolveAttributes } from "./resolve-attributes.js";
import type { TrustAsOf } from "./trust-as-of.js";
import type { TrustLedger } from "./trust-ledger.js";
import { readingOfPoint } from "./trust-points.js";
import { idRule } from "./trust-report.js";
import { keptTrustRules, type TrustRulesNow } from "./trust-rules-in-force.js";

/** Observations shown beside a contribution. */
const SHOWN_OBSERVATIONS = 10;

export interface TrustQuestion {
  readonly clientId: string;
  readonly explain: boolean;
  readonly asOfRound?: number;
  /** Of `asOfRound`; empty without it. */
  readonly runId: string;
  readonly context: ValueMap;
}

export interface MatchedRule {
  readonly ref: RuleRef;
  readonly parameters: ValueMap;
}

export interface TrustAnswer {
  readonly reading: TrustReading;
  readonly weightMultiplier: number;
  /** As they stand in the policy, without hysteresis. */
  readonly matchedRules: readonly MatchedRule[];
  readonly model: string;
  readonly policyVersion: number;
  /** Only where it was asked for. */
  readonly explanation?: TrustExplanation;
  /** The newest first; what the explanation rests on. */
  readonly observations: readonly ShownObservation[];
}

/** With its id, also where that is derived. */
export type ShownObservation = StoredObservation & { readonly observationId: string };

/**
 * How far a client is trusted, now or as of an evaluated round.
 *
 * @throws {PdpError} REQUEST_INVALID, ROUND_NOT_FOUND, OVERLOADED, STORAGE_UNAVAILABLE.
 */
export type EvaluateTrust = (question: TrustQuestion) => Promise<TrustAnswer>;

export interface EvaluateTrustDeps {
  readonly ledger: TrustLedger;
  readonly observationLog: Pick<ObservationLog, "ofRound" | "rules">;
  readonly history: Pick<TrustHistory, "evaluationOf" | "evaluations" | "pointAt" | "points">;
  readonly asOf: TrustAsOf;
  readonly rulesNow: () => TrustRulesNow;
  readonly engineAttributes: () => ValueMap;
  readonly engineState: () => EngineStatus["state"];
  readonly digests: Pick<Digests, "uuidOf">;
}

export function createEvaluateTrust(deps: EvaluateTrustDeps): EvaluateTrust {
  const { ledger, observationLog, history, rulesNow, asOf } = deps;

  function answerNow({ clientId, context }: TrustQuestion): Omit<TrustAnswer, "observations"> {
    const now = rulesNow();
    const reading = ledger.reading(clientId);
    return {
      ...{ reading, model: ledger.model, policyVersion: now.record.policyVersion },
      weightMultiplier: multiplierOf(reading, now.rules),
      matchedRules: matchedNow(deps, now, reading, { ...context, client_id: clientId }),
    };
  }

  async function answerAsOf(
    { clientId, runId, explain }: TrustQuestion,
    round: number,
  ): Promise<TrustAnswer> {
    const evaluation = await history.evaluationOf(runId, round);
    if (!evaluation) throw new PdpError({ reason: "ROUND_NOT_FOUND", runId, round });
    const point = await history.pointAt(clientId, evaluation.evaluation);
    const now = ledger.reading(clientId);
    const weights = now.factors.map(({ weight }) => weight);
    const reading = point
      ? readingOfPoint(clientId, point.point, weights)
      : priorOf(ledger, clientId);
    const kept = await observationLog.rules(evaluation.rulesHash);
    if (!kept) throw new Error(`no trust rules are kept of evaluation ${evaluation.evaluation}`);
    const { text, rules } = keptTrustRules(kept);
    const answer = {
      ...{ reading, model: ledger.model, policyVersion: kept.policyVersion },
      weightMultiplier: multiplierOf(reading, rules),
      matchedRules: text.rules.filter((rule) => stateRuleHolds(rule, reading)).map(matchedText),
    };
    if (!explain) return { ...answer, observations: [] };
    const then = await asOf(evaluation);
    return explained(answer, then.explain(point ? clientId : NOBODY.name, rules));
  }

  async function explained(
    answer: Omit<TrustAnswer, "observations">,
    explanation: TrustExplanation,
  ): Promise<TrustAnswer> {
    const observations = await newestObservations(deps, answer.reading);
    return { ...answer, explanation, observations };
  }

  return async (question) => {
    refuse(question);
    const { asOfRound, explain } = question;
    if (asOfRound !== undefined) return answerAsOf(question, asOfRound);
    const answer = answerNow(question);
    return explain
      ? explained(answer, ledger.explain(question.clientId))
      : { ...answer, observations: [] };
  };
}

/** What the aggregation weight of a client is to be multiplied by. */
export function multiplierOf(reading: TrustReading, rules: TrustRules): number {
  return weightMultiplier(reading.state, rules, (rule) => holdsFor(rule, reading));
}

/** A client that nothing was known of then: its prior, which an owner may have lowered. */
function priorOf(ledger: TrustLedger, clientId: string): TrustReading {
  const { name } = NOBODY;
  return { ...ledger.reading(name), clientId };
}

/** No client: it is not printable, so that nobody can be called so. */
const NOBODY = { name: "\u0000" };

function matchedNow(
  { engineAttributes, engineState }: Pick<EvaluateTrustDeps, "engineAttributes" | "engineState">,
  { asked }: TrustRulesNow,
  reading: TrustReading,
  given: ValueMap,
): readonly MatchedRule[] {
  const attributes = resolveAttributes(given, {
    ...{ isConnection: false, engine: engineAttributes(), trust: trustAttributes(reading) },
    policyEngine: policyEngineIn(engineState()),
  });
  return asked.flatMap(({ policy, rule, ref }) => {
    const request = accessRequest(policy.type, attributes);
    const holds = isCandidate(rule, request) && candidateOutcome(rule, request).kind === "applied";
    return holds ? [{ ref, parameters: rule.parameters }] : [];
  });
}

function matchedText({ ref, parameters }: StateRuleText): MatchedRule {
  return { ref, parameters };
}

async function newestObservations(
  { observationLog, history, digests }: EvaluateTrustDeps,
  { clientId, runId, round }: TrustReading,
): Promise<readonly ShownObservation[]> {
  if (runId === undefined || round === undefined) return [];
  const last = await history.evaluationOf(runId, round);
  const end = last?.evaluation ?? 0;
  const evaluations = await history.evaluations(end - SHOWN_OBSERVATIONS + 1, end);
  const ofRounds = await Promise.all(
    evaluations.toReversed().map((one) => observationLog.ofRound(one.runId, one.round, clientId)),
  );
  return ofRounds.flat().map((stored) => ({
    ...stored,
    observationId: stored.observationId ?? observationIdOf(digests, stored),
  }));
}

/** The key of an observation as its printed form. */
function observationIdOf(
  digests: Pick<Digests, "uuidOf">,
  { runId, round, clientId, kind, reporter }: StoredObservation,
): string {
  return digests.uuidOf(JSON.stringify([runId, round, clientId, kind, reporter]));
}

function refuse({ clientId, asOfRound, runId, context }: TrustQuestion): void {
  const violations = [
    ...connectionViolations({ client_id: clientId }, ""),
    ...contextViolations(context, { refuseConnectionFields: false }),
  ];
  if (clientId === "") violations.push({ field: "client_id", rule: "must be given" });
  if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
  if (asOfRound === undefined) {
    if (runId !== "") throw invalidField("as_of_round", "must be given with run_id");
    return;
  }
  if (asOfRound < 1) throw invalidField("as_of_round", `must be at least 1, got ${asOfRound}`);
  const rule = idRule(runId);
  if (rule !== undefined) throw invalidField("run_id", `${rule}: it is the run of as_of_round`);
}
