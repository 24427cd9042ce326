import type { CheckAnswer } from "../application/check.js";
import type {
  AttributeChange,
  ConditionTrace,
  Explanation,
  FieldTrace,
  NearestRule,
  PolicyTrace,
  RuleRef,
  RuleTrace,
} from "../core/decision.js";
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
    ...(explanation ? alternativeLines(decision.allowed, explanation) : []),
    ...section("explanation", (explanation?.policies ?? []).flatMap(policyLines)),
  ].join("\n");
}

/** What would have turned the answer; says so where nothing was found. */
function alternativeLines(allowed: boolean, explanation: Explanation): string[] {
  const { nearest, smallestChange, changesTried = 0, searchLimited } = explanation;
  const opposite = allowed ? "denied" : "allowed";
  const cut = searchLimited ? "; the search was limited" : "";
  const none = `none found among ${changesTried} changed requests${cut}`;
  return [
    ...section(`the nearest rule that would have it ${opposite}`, nearestLines(nearest) ?? [none]),
    ...(allowed
      ? []
      : section(
          "the smallest change that is allowed",
          smallestChange?.changes.map(changeText) ?? [none],
        )),
  ];
}

function nearestLines(nearest: NearestRule | undefined): string[] | undefined {
  if (!nearest) return undefined;
  const { rule, mustApply, fields, condition } = nearest;
  return [
    `${ruleText(rule)} would have ${mustApply ? "to apply" : "to not apply"}`,
    ...fields.map((field) => `  ${fieldText(field)}`),
    ...(condition ? conditionLines(condition) : []),
  ];
}

function changeText({ attribute, from, to }: AttributeChange): string {
  const was = from === undefined ? "nothing" : JSON.stringify(from);
  return `${attribute}: ${was} -> ${to === undefined ? "nothing" : JSON.stringify(to)}`;
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
  return [
    `rule ${rule.ruleId} (${rule.action}): ${outcome.replaceAll("_", " ")}`,
    ...fields.map((field) => `  ${fieldText(field)}`),
    ...(condition ? conditionLines(condition) : []),
  ];
}

function fieldText({ key, expected, actual, matched, why }: FieldTrace): string {
  const got = actual === undefined ? "nothing" : JSON.stringify(actual);
  return `${matched ? "+" : "-"} ${key}: expected ${JSON.stringify(expected)}, got ${got} (${why})`;
}

function conditionLines({ text, outcome, error, values }: ConditionTrace): string[] {
  return [
    `  condition ${text}: ${error ?? outcome}`,
    ...Object.entries(values).map((pair) => `    ${assignment(pair)}`),
  ];
}
