import type { CheckAnswer } from "../application/check.js";
import type { PolicyTrace, RuleRef, RuleTrace } from "../core/decision.js";
import type { Value, ValueMap } from "../core/values.js";

/** The answer as one JSON object, for scripts. */
export function answerAsJson({ decision, decisionId, explanation }: CheckAnswer): string {
  const { policyTypeKnown: _, ...answer } = decision;
  return JSON.stringify({ ...answer, decisionId, ...(explanation && { explanation }) }, null, 2);
}

/** The answer for a person: what, why, by which rules, and the trace where it was asked for. */
export function answerAsText({ decision, explanation }: CheckAnswer): string {
  const kind = decision.denyKind === undefined ? "" : ` (${decision.denyKind})`;
  const erring = decision.erringRules.map(({ rule, message }) => `${ruleText(rule)}: ${message}`);
  const obligations = decision.obligations.map(
    ({ rule, parameters, advice }) =>
      `${ruleText(rule)}${advice ? ", advice" : ""}${parametersText(parameters)}`,
  );
  return [
    `${decision.allowed ? "ALLOWED" : "DENIED"}${kind}: ${decision.reason}`,
    `policy version: ${decision.policyVersion}`,
    ...section("determining rules", decision.determiningRules.map(ruleText)),
    ...section("could not be evaluated", erring),
    ...section("parameters", Object.entries(decision.parameters ?? {}).map(assignment)),
    ...section("obligations", obligations),
    ...section("explanation", (explanation?.policies ?? []).flatMap(policyLines)),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function ruleText({ policyId, ruleId, action }: RuleRef): string {
  return `${policyId}/${ruleId} (${action})`;
}

function parametersText(parameters: ValueMap): string {
  const pairs = Object.entries(parameters).map(assignment);
  return pairs.length === 0 ? "" : `: ${pairs.join(", ")}`;
}

function assignment([name, value]: [string, Value]): string {
  return `${name} = ${JSON.stringify(value)}`;
}

function policyLines({ policyId, policyType, priority, applicable, rules }: PolicyTrace): string[] {
  const says = applicable ? "applicable" : "not applicable";
  return [
    `policy ${policyId} (${policyType}, priority ${priority}): ${says}`,
    ...rules.flatMap(ruleLines).map((line) => `  ${line}`),
  ];
}

function ruleLines({ rule, outcome, fields, condition }: RuleTrace): string[] {
  const fieldLines = fields.map(
    ({ key, expected, actual, matched, why }) =>
      `${matched ? "+" : "-"} ${key}: expected ${JSON.stringify(expected)}, got ${
        actual === undefined ? "nothing" : JSON.stringify(actual)
      } (${why})`,
  );
  return [
    `rule ${rule.ruleId} (${rule.action}): ${outcome.replaceAll("_", " ")}`,
    ...fieldLines.map((line) => `  ${line}`),
    ...(condition === undefined
      ? []
      : [
          `  condition ${condition.text}: ${condition.error ?? condition.outcome}`,
          ...Object.entries(condition.values).map((pair) => `    ${assignment(pair)}`),
        ]),
  ];
}
