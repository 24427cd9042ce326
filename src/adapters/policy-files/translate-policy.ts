import { POLICY_ID, POLICY_ID_RULE, RESERVED_POLICY_IDS } from "../../application/policy-id.js";
import {
  COMBINING_WORDS,
  DEFAULT_EFFECT_WORDS,
  ON_ERROR_WORDS,
  readWord,
  type Words,
} from "../../application/policy-words.js";
import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import type { Policy, Rule } from "../../core/policy.js";
import type { Value, ValueMap } from "../../core/values.js";
import { type IssueList, type IssueSubject, within } from "./issue-list.js";
import {
  extendPath,
  type JsonNode,
  type JsonObject,
  isFalse,
  memberOf,
  textOf,
  valueOf,
} from "./json-tree.js";
import { EXECUTABLE_POLICY_HEAD, POLICY_HEAD, unknownKeys } from "./policy-document.js";
import { reportProblems } from "./report-problems.js";
import { namesOutside } from "./translate-condition.js";
import { translateRule } from "./translate-rule.js";

export interface TranslatedPolicy {
  readonly policy: Policy;
  /** As written, with `id` filled in. */
  readonly document: ValueMap;
  readonly subject: IssueSubject;
  /** As written, with its places. */
  readonly node: JsonObject;
  /** Where `default_effect` is said; absent when it is not. */
  readonly defaultEffectOffset?: number;
}

export interface PolicyContext {
  /** Its key, where policies are an object; absent in a list. */
  readonly key?: string;
  /** UTF-16, from 0: the key, or the policy itself in a list. */
  readonly offset: number;
  readonly path: string;
  readonly conditionCompiler: ConditionCompiler;
  readonly issues: IssueList;
}

/**
 * One policy as written -> one policy of core: with its rules (`translate-rule.ts`), the only place
 * that knows the words of files. Reports every problem, and answers undefined when there was one. A
 * step is a rule.
 */
export function* translatePolicy(
  node: JsonNode,
  context: PolicyContext,
): Generator<void, TranslatedPolicy | undefined> {
  const { issues, key } = context;
  const id = textOf(node, "id") ?? key;
  const subject: IssueSubject =
    id === undefined ? { path: context.path } : { path: context.path, policyId: id };
  const code = executableKey(node);
  const schema = code === undefined ? POLICY_HEAD : EXECUTABLE_POLICY_HEAD;
  const value = valueOf(node) as ValueMap;
  const headIsSound = reportProblems(schema, node, value, issues, subject);
  if (node.kind !== "object") return undefined;

  const idIsSound = checkId(id, node, subject, context);
  warnOfReservedId(id, node, subject, context);
  warnOfUnknownKeys(node, subject, issues);
  const rules =
    code === undefined
      ? yield* translateRules(node, value, subject, context)
      : [executableRule(code, node, subject, issues)];
  if (!headIsSound || !idIsSound || id === undefined || rules === undefined) return undefined;

  const document = value["id"] === id ? value : withId(value, id);
  const defaultEffect = memberOf(node, "default_effect")?.node;
  return {
    policy: {
      ...headOf(node, id),
      ...combiningOf(node),
      ...(code === undefined ? {} : { onError: "deny" }),
      rules,
    },
    document,
    subject,
    node,
    ...(defaultEffect === undefined ? {} : { defaultEffectOffset: defaultEffect.offset }),
  };
}

// Without a prototype, as `value` is: a key such as `__proto__` stays a key.
function withId(value: ValueMap, id: string): ValueMap {
  return Object.assign(Object.create(null) as Record<string, Value>, { id }, value);
}

function headOf(node: JsonObject, id: string): Omit<Policy, "rules"> {
  return {
    id,
    name: textOf(node, "name") ?? "",
    type: textOf(node, "type") ?? "",
    description: textOf(node, "description") ?? "",
    priority: numberOf(node, "priority"),
    enabled: !isFalse(memberOf(node, "enabled")?.node),
  };
}

function warnOfUnknownKeys(node: JsonObject, subject: IssueSubject, issues: IssueList): void {
  for (const { key = "", message, suggestion } of unknownKeys("policy", node.members.keys())) {
    const offset = node.members.get(key)?.keyOffset ?? node.offset;
    const what = `${message} of a policy: kept and ignored`;
    issues.warn("unknown-key", within(subject, key), offset, what, suggestion);
  }
}

function checkId(
  id: string | undefined,
  node: JsonObject,
  subject: IssueSubject,
  { key, offset, issues }: PolicyContext,
): boolean {
  const written = memberOf(node, "id");
  if (id === undefined) {
    if (written === undefined) {
      issues.error(subject, offset, "a policy in a list needs an `id`", 'write "id": "..."');
    }
    return false;
  }
  if (key === undefined) return true;
  if (key !== id) {
    issues.error(
      { ...subject, path: extendPath(subject.path, "id") },
      written?.node.offset ?? offset,
      `\`id\` is \`${id}\` and the policy's key is \`${key}\``,
      "leave `id` out, or make them equal",
    );
    return false;
  }
  if (written !== undefined) return true;
  if (POLICY_ID.test(key)) return true;
  issues.error(subject, offset, `the policy id ${JSON.stringify(key)} ${POLICY_ID_RULE}`);
  return false;
}

// Not an error: the policy decides as any other, and only some paths cannot name it.
function warnOfReservedId(
  id: string | undefined,
  node: JsonObject,
  subject: IssueSubject,
  { offset, issues }: PolicyContext,
): void {
  if (id === undefined || !RESERVED_POLICY_IDS.includes(id)) return;
  const at = memberOf(node, "id")?.node.offset ?? offset;
  const what = `the id \`${id}\` is reserved: paths of the API mean something else by it`;
  issues.warn("reserved-id", subject, at, what, "rename the policy");
}

function* translateRules(
  node: JsonObject,
  value: ValueMap,
  policy: IssueSubject,
  { conditionCompiler, issues }: PolicyContext,
): Generator<void, readonly Rule[] | undefined> {
  const list = memberOf(node, "rules")?.node;
  if (list?.kind !== "list") return undefined;
  const values = value["rules"] as readonly Value[];
  const policyType = textOf(node, "type") ?? "";
  const path = extendPath(policy.path, "rules");
  const ids = new Map<string, number>();
  const rules: Rule[] = [];
  for (const [index, element] of list.elements.entries()) {
    yield;
    const subject = { ...policy, path: extendPath(path, index), ruleIndex: index };
    const context = { policyType, index, subject, conditionCompiler, issues };
    const id = textOf(element, "id") ?? textOf(element, "rule_id") ?? String(index);
    const other = ids.get(id);
    ids.set(id, index);
    if (other !== undefined) {
      issues.error(
        subject,
        element.offset,
        `the rule id \`${id}\` is that of rule ${other} as well (a rule without \`id\` has its position)`,
        "give each rule its own `id`",
      );
    }
    const rule = translateRule(element, values[index] ?? null, context);
    if (rule !== undefined) rules.push(rule);
  }
  yield* warnOfSiblingParameters(list.elements, rules, { ...policy, path }, issues);
  const count = list.elements.length;
  return rules.length === count && ids.size === count ? rules : undefined;
}

// The author probably thought that the rules of a policy share their parameters.
function* warnOfSiblingParameters(
  nodes: readonly JsonNode[],
  rules: readonly Rule[],
  policy: IssueSubject,
  issues: IssueList,
): Generator<void, void> {
  const definedBy = new Map<string, number>();
  for (const rule of rules) {
    for (const name of Object.keys(rule.parameters)) {
      if (!definedBy.has(name)) definedBy.set(name, rule.index);
    }
  }
  for (const rule of rules) {
    if (rule.condition === undefined) continue;
    yield;
    for (const name of namesOutside(rule.condition, rule.parameters)) {
      const sibling = definedBy.get(name);
      if (sibling === undefined || sibling === rule.index) continue;
      issues.warn(
        "sibling-parameter",
        { ...policy, path: extendPath(policy.path, rule.index), ruleIndex: rule.index },
        nodes[rule.index]?.offset ?? 0,
        `the condition reads \`${name}\`, which is a parameter of rule ${sibling} and not of this one: it is read from the request`,
        `copy \`${name}\` into the parameters of this rule`,
      );
    }
  }
}

function executableKey(node: JsonNode): string | undefined {
  return ["function_id", "function_code"].find((key) => {
    const value = memberOf(node, key)?.node;
    return value !== undefined && !(value.kind === "scalar" && value.value === null);
  });
}

/** Code is never executed, and a policy is never silently absent: it is a rule that always fails. */
function executableRule(
  key: string,
  node: JsonNode,
  subject: IssueSubject,
  issues: IssueList,
): Rule {
  issues.warn(
    "code-never-executed",
    { ...subject, path: extendPath(subject.path, key) },
    memberOf(node, key)?.keyOffset ?? node.offset,
    `\`${key}\` is code, which is never executed: the policy denies with an error`,
    "write it as rules, or remove the policy",
  );
  return {
    id: "0",
    index: 0,
    action: "deny",
    verbClass: "deny",
    description: "",
    enabled: true,
    target: [],
    parameters: {},
    unevaluable: `the policy has \`${key}\`, and code is never executed`,
    isTrustRule: false,
  };
}

function combiningOf(node: JsonNode): Pick<Policy, "combining" | "defaultEffect" | "onError"> {
  const combining = wordOf(node, "combining", COMBINING_WORDS);
  const defaultEffect = wordOf(node, "default_effect", DEFAULT_EFFECT_WORDS);
  const onError = wordOf(node, "on_error", ON_ERROR_WORDS);
  return {
    ...(combining === undefined ? {} : { combining }),
    ...(defaultEffect === undefined ? {} : { defaultEffect }),
    ...(onError === undefined ? {} : { onError }),
  };
}

function wordOf<Meaning>(node: JsonNode, key: string, words: Words<Meaning>): Meaning | undefined {
  const text = textOf(node, key);
  return text === undefined ? undefined : readWord(words, text);
}

function numberOf(node: JsonNode, key: string): number {
  const member = memberOf(node, key)?.node;
  return member?.kind === "scalar" && typeof member.value === "number" ? member.value : 0;
}
