import { componentOf, requesterOf } from "../../../../application/asking-component.js";
import type { LoggedDecision } from "../../../../application/ports/decision-log.js";
import type { Decision, RuleRef } from "../../../../core/decision.js";
import type { ValueMap } from "../../../../core/values.js";
import { violationsOf, withEvaluation } from "./evaluation.js";
import type { KnownPolicies } from "./known-policies.js";

/** Attributes that are of no use to whoever reads records, and of much to whoever should not. */
const SECRET = /^(?:password|token|secret|sensitive_data|signature)$/i;

/** A recorded decision as the original's decision log has it, as JSON text. */
export function decisionRecordText(logged: LoggedDecision, known: KnownPolicies): string {
  const { decision, decisionId, durationMs, attributes } = logged;
  const policyId = rulesOf(decision)[0]?.policyId ?? "";
  const head = {
    id: decisionId,
    decision_id: decisionId,
    policy_id: policyId,
    policy_name: known.get(policyId)?.policy.name ?? "",
    policy_type: logged.policyType,
    policy_version: decision.policyVersion,
    component: componentOf(attributes),
    requester_id: requesterOf(attributes),
    client_id: logged.clientId,
    timestamp: logged.timeMs / 1000,
    iso_time: new Date(logged.timeMs).toISOString(),
    context: shownContext(attributes),
    decision: decision.allowed ? "allow" : "deny",
    result: decision.allowed,
    allowed: decision.allowed,
    ...(decision.denyKind && { deny_kind: decision.denyKind.toUpperCase() }),
    reason: decision.reason,
    action_taken: decision.reason,
    execution_time: durationMs,
    request_id: logged.requestId === "" ? decisionId : logged.requestId,
    ...(decision.parameters && { parameters: decision.parameters }),
  };
  return withEvaluation(head, decision, { known, durationMs });
}

/** The same as the original's application of policies: one for each check. */
export function applicationJson(logged: LoggedDecision, known: KnownPolicies): object {
  const { decision, attributes } = logged;
  const checked = [...new Set(rulesOf(decision).map(({ policyId }) => policyId))];
  const action = attributes["action"] ?? attributes["operation"];
  return {
    timestamp: logged.timeMs / 1000,
    iso_time: new Date(logged.timeMs).toISOString(),
    policy_type: logged.policyType,
    requester_id: requesterOf(attributes),
    component: componentOf(attributes),
    action: typeof action === "string" ? action : "unknown",
    context: shownContext(attributes),
    result: decision.allowed,
    reason: decision.reason,
    policies_checked: checked,
    policy_count: checked.length,
    evaluation_time_ms: logged.durationMs,
    violations: violationsOf(decision, known),
    decision_id: logged.decisionId,
  };
}

/** Every rule that an answer names: those that determined it first. */
function rulesOf({ determiningRules, obligations, erringRules }: Decision): readonly RuleRef[] {
  return [
    ...determiningRules,
    ...obligations.map(({ rule }) => rule),
    ...erringRules.map(({ rule }) => rule),
  ];
}

function shownContext(attributes: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !SECRET.test(name)));
}
