import type { Condition } from "../../core/condition.js";
import { conditionNames } from "../../core/evaluate-condition.js";
import { lookUp, type ValueMap } from "../../core/values.js";
import { type IssueSubject, within } from "./issue-list.js";
import { type JsonNode, memberOf, offsetOf, textOf } from "./json-tree.js";
import type { RuleContext } from "./rule-context.js";

/** Absent: the rule has no condition. Given in both places, both must hold. */
export function readCondition(
  node: JsonNode,
  context: RuleContext,
): Condition | "refused" | undefined {
  const places = [
    { subject: within(context.subject, "match"), node: memberOf(node, "match")?.node },
    { subject: context.subject, node },
  ];
  const conditions = places.flatMap((place) => {
    const condition = compileAt(place.node, place.subject, context);
    return condition === undefined ? [] : [condition];
  });
  const [first, second] = conditions;
  if (first === "refused" || second === "refused") return "refused";
  if (first === undefined) return undefined;
  const condition = second === undefined ? first : bothOf(first, second);
  const parameters = memberOf(node, "parameters")?.node;
  return refusesNullParameter(condition, parameters, context) ? "refused" : condition;
}

function bothOf(first: Condition, second: Condition): Condition {
  return {
    text: `(${first.text}) && (${second.text})`,
    expression: { kind: "and", left: first.expression, right: second.expression },
  };
}

function compileAt(
  node: JsonNode | undefined,
  owner: IssueSubject,
  { conditionCompiler, issues }: RuleContext,
): Condition | "refused" | undefined {
  const text = textOf(node, "condition");
  if (node === undefined || text === undefined) return undefined;
  const subject = within(owner, "condition");
  const offset = offsetOf(node, "condition");
  if (text.trim() === "") {
    issues.error(subject, offset, "the condition is blank", "leave the key out");
    return "refused";
  }
  const compiled = conditionCompiler.compile(text);
  if (!compiled.ok) {
    const character = compiled.offset + 1;
    issues.error(subject, offset, `at character ${character}: ${compiled.message}`);
    return "refused";
  }
  for (const warning of compiled.warnings)
    issues.warn("unusual-condition", subject, offset, warning);
  return { text, expression: compiled.expression };
}

// A null parameter is absent, so the name would fall through to what the caller sends.
function refusesNullParameter(
  condition: Condition,
  parameters: JsonNode | undefined,
  { issues, subject }: RuleContext,
): boolean {
  let refused = false;
  for (const path of conditionNames(condition.expression)) {
    const name = path.join(".");
    const flat = memberOf(parameters, name)?.node;
    const found = flat ?? path.reduce<JsonNode | undefined>(stepInto, parameters);
    if (found?.kind !== "scalar" || found.value !== null) continue;
    refused = true;
    issues.error(
      within(within(subject, "parameters"), name),
      found.offset,
      `the parameter \`${name}\` is null, and the condition reads it`,
      "give it a value, or leave it out to read the request's attribute",
    );
  }
  return refused;
}

function stepInto(node: JsonNode | undefined, key: string): JsonNode | undefined {
  return memberOf(node, key)?.node;
}

/** Whether the condition is about a client's trust. */
export function readsTrust({ expression }: Condition): boolean {
  return conditionNames(expression).some(
    ([first, ...rest]) =>
      (first === "client" && rest.length > 0) ||
      (first === "trust_score_change" && rest.length === 0),
  );
}

/** The names the condition reads that `parameters` does not have. */
export function namesOutside(condition: Condition, parameters: ValueMap): readonly string[] {
  return conditionNames(condition.expression)
    .filter((path) => lookUp(parameters, path) === undefined)
    .map((path) => path.join("."));
}
