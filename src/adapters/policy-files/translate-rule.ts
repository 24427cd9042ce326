import { asciiLowerCase } from "../../application/policy-words.js";
import type { Condition } from "../../core/condition.js";
import { deceptiveCharacter, plainTwin } from "../../core/lint/lookalike.js";
import type { Rule, Severity } from "../../core/policy.js";
import { badTrustParameters } from "../../core/trust-parameters.js";
import { isPlainMap, type Value, type ValueMap } from "../../core/values.js";
import { nearestVerb, VERB_CLASSES } from "../../core/verbs.js";
import { within } from "./issue-list.js";
import { isFalse, type JsonNode, memberOf, offsetOf, textOf } from "./json-tree.js";
import { ruleDocument } from "./policy-document.js";
import { reportProblems } from "./report-problems.js";
import type { RuleContext } from "./rule-context.js";
import { readCondition, readsTrust } from "./translate-condition.js";
import { readTarget } from "./translate-target.js";

const TRUST_TYPES: readonly string[] = ["trust_reputation", "security"];
const TRUST_VERBS: readonly string[] = ["exclude_client", "weight_reduction", "evaluate_trust"];

/**
 * One rule as written -> one rule of core. Reports every problem it finds, and answers undefined
 * when there was one.
 */
export function translateRule(
  node: JsonNode,
  value: Value,
  context: RuleContext,
): Rule | undefined {
  const { index, policyType } = context;
  const sound = reportProblems(ruleDocument, node, value, context.issues, context.subject);
  if (node.kind !== "object") return undefined;

  const id = ruleId(node, context);
  const verb = readVerb(node, context);
  const target = readTarget(memberOf(node, "match")?.node, context);
  const condition = readCondition(node, context);
  if (target?.length === 0 && condition === undefined) warnOfEveryRequest(node, context);
  if (id === undefined || verb === undefined || target === undefined) return undefined;
  if (!sound || condition === "refused") return undefined;
  const rule: Rule = {
    id,
    index,
    ...verb,
    description: textOf(node, "description") ?? "",
    enabled: !isFalse(memberOf(node, "enabled")?.node),
    target,
    parameters: parametersOf(value as ValueMap),
    isTrustRule: isTrustRule(policyType, verb.action, condition),
    ...(condition === undefined ? {} : { condition }),
    ...severityOf(node),
  };
  return refusesTrustParameters(rule, node, context) ? undefined : rule;
}

// A value that cannot be used would be a default in its place, and nobody would know.
function refusesTrustParameters(
  rule: Rule,
  node: JsonNode,
  { issues, subject }: RuleContext,
): boolean {
  const parameters = memberOf(node, "parameters")?.node;
  const bad = parameters ? badTrustParameters(rule) : [];
  for (const { name, message, suggestion } of bad) {
    const place = within(within(subject, "parameters"), name);
    issues.error(place, offsetOf(parameters ?? node, name), message, suggestion);
  }
  return bad.length > 0;
}

function warnOfEveryRequest(node: JsonNode, { issues, subject }: RuleContext): void {
  issues.warn(
    "every-request",
    subject,
    node.offset,
    "neither `match` nor `condition`: the rule holds for every request",
    'write what it is about, or "protocol": "any" if every request is meant',
  );
}

function isTrustRule(type: string, action: string, condition: Condition | undefined): boolean {
  if (!TRUST_TYPES.includes(type)) return false;
  return TRUST_VERBS.includes(action) || (condition !== undefined && readsTrust(condition));
}

function severityOf(node: JsonNode): Pick<Rule, "severity"> {
  const severity = textOf(node, "severity") as Severity | undefined;
  return severity === undefined ? {} : { severity };
}

function ruleId(node: JsonNode, { index, issues, subject }: RuleContext): string | undefined {
  const id = textOf(node, "id");
  const alias = textOf(node, "rule_id");
  if (id !== undefined && alias !== undefined && id !== alias) {
    issues.error(
      within(subject, "rule_id"),
      offsetOf(node, "rule_id"),
      `\`rule_id\` is \`${alias}\` and \`id\` is \`${id}\`: they are the same thing`,
      "keep `id`",
    );
    return undefined;
  }
  return id ?? alias ?? String(index);
}

function readVerb(
  node: JsonNode,
  { issues, subject }: RuleContext,
): Pick<Rule, "action" | "verbClass"> | undefined {
  const written = textOf(node, "action");
  if (written === undefined) return undefined;
  const action = asciiLowerCase(written);
  const verbClass = VERB_CLASSES.get(action);
  if (verbClass !== undefined) return { action, verbClass };

  const meant = nearestVerb(plainTwin(action) ?? action.trim());
  const odd = deceptiveCharacter(written);
  const at = within(subject, "action");
  const message =
    action.trim() === ""
      ? "`action` is blank"
      : `unknown verb ${JSON.stringify(written)}${odd === undefined ? "" : `, which has the character ${odd}`}`;
  const fix = meant === undefined ? "write `allow`, `deny` or another verb" : `write \`${meant}\``;
  issues.error(at, offsetOf(node, "action"), message, fix);
  return undefined;
}

function parametersOf({ parameters }: ValueMap): ValueMap {
  return parameters === undefined || !isPlainMap(parameters) ? {} : parameters;
}
