import type { Evaluation } from "./combine-policies.js";
import type { ErringRule, PolicyEvaluation } from "./evaluate-policy.js";
import type { Policy, Rule } from "./policy.js";

/** The one sentence for a person. Never empty. */
export function reasonOf(evaluation: Evaluation): string {
  const first = firstDetermining(evaluation);
  switch (evaluation.outcome) {
    case "permit":
    case "deny": {
      const verb = evaluation.outcome === "permit" ? "allowed" : "denied";
      return first ? `${verb} by ${ruleText(first)}${descriptionText(first.rule)}` : verb;
    }
    case "error": {
      const error = first?.evaluation.erring.find(({ rule }) => rule === first.rule);
      return first && error
        ? `denied because ${ruleText(first)} could not be evaluated: ${error.message}`
        : "denied because a rule could not be evaluated";
    }
    case "not_applicable":
      return defaultReason(evaluation);
  }
}

interface Determining {
  readonly evaluation: PolicyEvaluation;
  readonly rule: Rule;
}

function firstDetermining({ outcome, reached }: Evaluation): Determining | undefined {
  const evaluation = reached.find((candidate) => candidate.outcome === outcome);
  const rule = evaluation?.determining[0];
  return evaluation && rule && { evaluation, rule };
}

function ruleText({ evaluation, rule }: { evaluation: { policy: Policy }; rule: Rule }): string {
  return `rule \`${rule.id}\` (${rule.action}) of policy \`${evaluation.policy.id}\``;
}

function descriptionText(rule: Rule): string {
  return rule.description === "" ? "" : `: ${rule.description}`;
}

function defaultReason({
  policyType,
  policyTypeKnown,
  meantType,
  defaultEffect,
  reached,
}: Evaluation): string {
  const answer = defaultEffect === "permit" ? "allowed" : "denied";
  if (!policyTypeKnown) {
    const hint = meantType === undefined ? "" : `: was \`${meantType}\` meant?`;
    return `${answer} by default: no enabled policy has the type \`${policyType}\`${hint}`;
  }
  const erring = reached.flatMap((evaluation) =>
    evaluation.erring.map((error) => ({ evaluation, error })),
  );
  return `${answer} by default: no allow or deny rule of type \`${policyType}\` applied${skippedText(erring)}`;
}

function skippedText(
  erring: readonly { readonly evaluation: PolicyEvaluation; readonly error: ErringRule }[],
): string {
  const [first] = erring;
  if (!first) return "";
  const which = ruleText({ evaluation: first.evaluation, rule: first.error.rule });
  const more = erring.length === 1 ? "" : ` and ${erring.length - 1} more`;
  return ` (could not evaluate ${which}${more}: ${first.error.message})`;
}
