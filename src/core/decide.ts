import { combinePolicies, type Evaluation } from "./combine-policies.js";
import type { Decision, DenyKind, Explanation, RuleError, RuleRef } from "./decision.js";
import { explain } from "./explain.js";
import { mergeParameters, obligationsOf } from "./obligations.js";
import type { Rule } from "./policy.js";
import { reasonOf } from "./reason.js";
import { evaluateByReference } from "./reference-evaluator.js";
import type { AccessRequest } from "./request.js";
import { ruleRef } from "./rule-ref.js";
import type { PolicySnapshot } from "./snapshot.js";
import { indexedCandidates } from "./type-policies.js";

/** The answer of `snapshot` to `request`. Total, synchronous, pure. */
export function decide(snapshot: PolicySnapshot, request: AccessRequest): Decision {
  const type = snapshot.policiesByType.get(request.policyType);
  const candidates = type ? indexedCandidates(type, request) : [];
  return answer(snapshot, combinePolicies(snapshot, request, candidates));
}

/** The same answer by the definition: a walk that asks every rule. */
export function decideByReference(snapshot: PolicySnapshot, request: AccessRequest): Decision {
  return answer(snapshot, evaluateByReference(snapshot, request));
}

/** The same answer, with why it came out so: both from one walk by the definition. */
export function decideAndExplain(
  snapshot: PolicySnapshot,
  request: AccessRequest,
): { readonly decision: Decision; readonly explanation: Explanation } {
  const evaluation = evaluateByReference(snapshot, request);
  return {
    decision: answer(snapshot, evaluation),
    explanation: explain(evaluation, request),
  };
}

// What one rule answers alone is the same for every request: it is put in words once.
const answersOfOneRule = new WeakMap<PolicySnapshot, Map<Rule, Decision>>();

function answer(snapshot: PolicySnapshot, evaluation: Evaluation): Decision {
  const rule = onlyRule(evaluation);
  if (!rule) return inWords(evaluation, snapshot.policyVersion);
  let answers = answersOfOneRule.get(snapshot);
  if (!answers) {
    answers = new Map();
    answersOfOneRule.set(snapshot, answers);
  }
  let decision = answers.get(rule);
  if (!decision) {
    decision = inWords(evaluation, snapshot.policyVersion);
    answers.set(rule, decision);
  }
  return decision;
}

/** The allow or deny rule that alone applied, where nothing erred: the answer follows from it. */
function onlyRule({ outcome, reached }: Evaluation): Rule | undefined {
  const policy = reached[0];
  if (reached.length !== 1 || !policy || policy.outcome !== outcome) return undefined;
  const { determining, applied, erring } = policy;
  const isAlone = determining.length === 1 && applied.length === 1 && erring.length === 0;
  return isAlone ? determining[0] : undefined;
}

function inWords(evaluation: Evaluation, policyVersion: number): Decision {
  const denyKind = denyKindOf(evaluation);
  const parameters = mergeParameters(evaluation.reached);
  const determiningRules: RuleRef[] = [];
  const erringRules: RuleError[] = [];
  for (const { policy, outcome, determining, erring } of evaluation.reached) {
    if (outcome === evaluation.outcome) {
      for (const rule of determining) determiningRules.push(ruleRef(policy, rule));
    }
    for (const { rule, message, missingAttributes } of erring) {
      erringRules.push({ rule: ruleRef(policy, rule), message, missingAttributes });
    }
  }
  // Why assigned: an object made by spreading what may be absent is many times slower to make.
  const decision: { -readonly [Field in keyof Decision]: Decision[Field] } = {
    allowed: denyKind === undefined,
    reason: reasonOf(evaluation),
    determiningRules,
    erringRules,
    obligations: obligationsOf(evaluation.reached),
    policyVersion,
    policyTypeKnown: evaluation.policyTypeKnown,
  };
  if (denyKind) decision.denyKind = denyKind;
  if (parameters) decision.parameters = parameters;
  return decision;
}

function denyKindOf({ outcome, defaultEffect }: Evaluation): DenyKind | undefined {
  switch (outcome) {
    case "permit":
      return undefined;
    case "deny":
      return "explicit";
    case "error":
      return "error";
    case "not_applicable":
      return defaultEffect === "deny" ? "default" : undefined;
  }
}
