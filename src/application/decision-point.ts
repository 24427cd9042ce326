import { withTrustRules } from "../core/decide-trust.js";
import { decide, decideAndExplain } from "../core/decide.js";
import type { Decision, Explanation } from "../core/decision.js";
import { explainTrustRules } from "../core/explain-trust-rules.js";
import { MAX_RULE_TRACES } from "../core/explain.js";
import { type AccessRequest, accessRequest } from "../core/request.js";
import type { PolicySnapshot } from "../core/snapshot.js";
import type { TrustRule } from "../core/trust-policy.js";
import type { TrustAttributes } from "../core/trust-attributes.js";
import type { ValueMap } from "../core/values.js";
import { requestItems } from "./check-batch.js";
import type {
  BatchAnswer,
  CheckAnswer,
  ConnectionCheck,
  DecisionPoint,
  MaybeLater,
  PolicyCheck,
} from "./check.js";
import type { ClientTrust } from "./client-trust.js";
import { policyEngineIn } from "./engine-attributes.js";
import type { EngineStatus } from "./engine-status.js";
import { PdpError } from "./errors.js";
import { createSearchAllowance, explainAnswer, type SearchAllowance } from "./explain-answer.js";
import { nextTurn } from "./next-turn.js";
import type { Clock } from "./ports/clock.js";
import type { ComponentRegistry } from "./ports/component-registry.js";
import type { LoggedDecision } from "./ports/decision-log.js";
import type { Ids } from "./ports/ids.js";
import type { RecordDecision } from "./record-decision.js";
import { resolveAttributes } from "./resolve-attributes.js";
import {
  mayChange,
  type Question,
  questionOfConnection,
  questionOfPolicy,
} from "./validate-check.js";

export interface DecisionPointDeps {
  /** The snapshot to decide with; undefined without a good policy set. */
  readonly activeSnapshot: () => PolicySnapshot | undefined;
  /** At a time, in milliseconds since the epoch. */
  readonly engineAttributes: (timeMs: number) => ValueMap;
  /** Whether this engine is well; absent: it is. */
  readonly engineState?: () => EngineStatus["state"];
  readonly registry: ComponentRegistry;
  /** Absent: nobody's trust is known. */
  readonly clientTrust?: ClientTrust;
  readonly recordDecision: RecordDecision;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly batchMaxItems: number;
}

/** Validate -> resolve attributes -> decide -> record -> answer, the same for every way of asking. */
export function createDecisionPoint(deps: DecisionPointDeps): DecisionPoint {
  return {
    checkConnection: (check) => answer(deps, snapshotOf(deps), questionOfConnection(check)),
    checkPolicy: (check) => answer(deps, snapshotOf(deps), questionOfPolicy(check)),
    checkConnectionItem: (check) => answerItem(deps, snapshotOf(deps), check, questionOfItem),
    batchCheckConnections: (items, explain) =>
      answerBatch(deps, items, explain, questionOfConnection),
    batchCheckPolicies: (items, explain) => answerBatch(deps, items, explain, questionOfPolicy),
  };
}

/** @throws {PdpError} REQUEST_INVALID. */
function questionOfItem(check: ConnectionCheck | undefined): Question {
  if (check) return questionOfConnection(check);
  throw new PdpError({
    reason: "REQUEST_INVALID",
    violations: [{ field: "check", rule: "must be given" }],
  });
}

function snapshotOf(deps: DecisionPointDeps): PolicySnapshot {
  const snapshot = deps.activeSnapshot();
  if (!snapshot) throw new PdpError({ reason: "NO_ACTIVE_POLICY" });
  return snapshot;
}

function answerBatch<Check extends ConnectionCheck | PolicyCheck>(
  deps: DecisionPointDeps,
  items: readonly Check[],
  explain: boolean,
  questionOf: (check: Check) => Question,
): MaybeLater<BatchAnswer> {
  const checks = requestItems(items, { explain, maxItems: deps.batchMaxItems });
  const snapshot = snapshotOf(deps);
  if (checks.some((check) => check.explain)) {
    return answerInTurns(deps, snapshot, checks, questionOf);
  }
  return {
    results: checks.map((check) => answerItem(deps, snapshot, check, questionOf)),
    policyVersion: snapshot.policyVersion,
  };
}

/**
 * An explanation asks every rule, so others have their turn after each. What is recorded is recorded
 * together, so that whoever waits for the records of a batch waits for all of them.
 */
async function answerInTurns<Check extends ConnectionCheck | PolicyCheck>(
  deps: DecisionPointDeps,
  snapshot: PolicySnapshot,
  checks: readonly Check[],
  questionOf: (check: Check) => Question,
): Promise<BatchAnswer> {
  const allowance = createSearchAllowance(checks.filter((check) => check.explain).length);
  const decided: LoggedDecision[] = [];
  const later: DecisionPointDeps = { ...deps, recordDecision: (one) => void decided.push(one) };
  const results: CheckAnswer[] = [];
  for (const check of checks) {
    results.push(answerItem(later, snapshot, check, questionOf, allowance));
    if (check.explain) await nextTurn();
  }
  for (const one of decided) deps.recordDecision(one);
  return { results, policyVersion: snapshot.policyVersion };
}

/** An item that breaks a field's rule is answered, so that the others go on. */
function answerItem<Check extends ConnectionCheck | PolicyCheck | undefined>(
  deps: DecisionPointDeps,
  snapshot: PolicySnapshot,
  check: Check,
  questionOf: (check: Check) => Question,
  allowance?: SearchAllowance,
): CheckAnswer {
  let question: Question;
  try {
    question = questionOf(check);
  } catch (error) {
    if (!(error instanceof PdpError)) throw error;
    return {
      requestId: check?.requestId ?? "",
      decisionId: deps.ids.decisionId(deps.clock.nowMs()),
      decision: invalidRequest(error, snapshot.policyVersion),
    };
  }
  return answer(deps, snapshot, question, allowance);
}

/** A tenth of a microsecond. Why not finer: that is noise, and a longer number takes longer to write. */
const DURATIONS_PER_MS = 10_000;

function answer(
  deps: DecisionPointDeps,
  snapshot: PolicySnapshot,
  question: Question,
  allowance?: SearchAllowance,
): CheckAnswer {
  const startMs = deps.clock.monotonicMs();
  const timeMs = deps.clock.nowMs();
  const { requestId, policyType, clientId, attributes } = question;
  const engine = deps.engineAttributes(timeMs);
  const client = clientId === "" ? undefined : deps.clientTrust?.of(clientId, snapshot);
  const policyEngine = statusFor(snapshot, deps);
  const known: KnownAttributes = { engine, policyEngine, trust: client?.attributes };
  const request = requestOf(deps, question, known, attributes);
  const answered = question.explain
    ? explained(deps, { snapshot, question, known, request }, allowance)
    : { decision: decide(snapshot, request), explanation: undefined };
  const { explanation } = answered;
  const rules = client && question.isMessage ? deps.clientTrust?.rulesOf(snapshot) : undefined;
  const decision =
    client && rules
      ? withTrustRules(answered.decision, rules, request, client.standing)
      : answered.decision;
  const decisionId = deps.ids.decisionId(timeMs);
  const record: Mutable<LoggedDecision> = {
    decisionId,
    timeMs,
    requestId,
    policyType,
    clientId,
    attributes: request.attributes,
    decision,
    durationMs:
      Math.round((deps.clock.monotonicMs() - startMs) * DURATIONS_PER_MS) / DURATIONS_PER_MS,
    redacted: false,
  };
  const given: Mutable<CheckAnswer> = { requestId, decisionId, decision };
  if (client) record.clientAttributes = client.attributes;
  if (client && rules) record.trust = given.trust = client.standing;
  if (explanation) given.explanation = rules ? besides(explanation, rules, request) : explanation;
  deps.recordDecision(record);
  return given;
}

/** An explanation with what the trust rules found. */
function besides(
  explanation: Explanation,
  rules: readonly TrustRule[],
  request: AccessRequest,
): Explanation {
  const traced = explanation.policies.reduce((sum, { rules: { length } }) => sum + length, 0);
  const ofTrust = explainTrustRules(rules, request, MAX_RULE_TRACES - traced);
  return { ...explanation, policies: [...explanation.policies, ...ofTrust] };
}

/** Why: an object made by spreading is many times slower to make, and this is made for every check. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function explained(
  deps: DecisionPointDeps,
  asked: {
    readonly snapshot: PolicySnapshot;
    readonly question: Question;
    readonly known: KnownAttributes;
    readonly request: AccessRequest;
  },
  allowance: SearchAllowance = createSearchAllowance(1),
): { readonly decision: Decision; readonly explanation: Explanation } {
  const { snapshot, question, known, request } = asked;
  if (question.tracesOnly) return decideAndExplain(snapshot, request);
  return explainAnswer({
    ...{ snapshot, request, allowance },
    given: question.attributes,
    mayChange: (changes) => mayChange(question, changes),
    requestOf: (attributes) => requestOf(deps, question, known, attributes),
  });
}

/** What the engine knows besides what it was given. */
interface KnownAttributes {
  readonly engine: ValueMap;
  readonly policyEngine: ValueMap | undefined;
  readonly trust: TrustAttributes | undefined;
}

/** Nearly every set does not ask. */
function statusFor(
  { readsEngineStatus }: PolicySnapshot,
  { engineState }: DecisionPointDeps,
): ValueMap | undefined {
  return readsEngineStatus ? policyEngineIn(engineState?.()) : undefined;
}

function requestOf(
  { registry }: DecisionPointDeps,
  question: Question,
  { engine, policyEngine, trust }: KnownAttributes,
  attributes: ValueMap,
): AccessRequest {
  const { policyType, isConnection } = question;
  const resolved = resolveAttributes(attributes, {
    isConnection,
    hasOnlyFields: question.hasOnlyFields && attributes === question.attributes,
    engine,
    policyEngine,
    registry,
    trust,
  });
  return accessRequest(policyType, resolved);
}

function invalidRequest(error: PdpError, policyVersion: number): Decision {
  return {
    allowed: false,
    denyKind: "invalid_request",
    reason: error.message,
    determiningRules: [],
    erringRules: [],
    obligations: [],
    policyVersion,
    policyTypeKnown: true,
  };
}
