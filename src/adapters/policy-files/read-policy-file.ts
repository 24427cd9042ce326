import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import { createIssueList, type IssueList } from "./issue-list.js";
import { extendPath, type JsonNode, memberOf, textOf, valueOf } from "./json-tree.js";
import { parseSteps } from "./parse-policy-file.js";
import { FILE_HEAD, unknownKeys } from "./policy-document.js";
import { reportProblems } from "./report-problems.js";
import { type TranslatedPolicy, translatePolicy } from "./translate-policy.js";

/** What one file says by itself; with an error among the issues, only as far as it could be read. */
export interface ReadPolicyFile {
  readonly version?: number;
  readonly policies: readonly TranslatedPolicy[];
  /** Of all policies, also of those with problems. */
  readonly policyIds: ReadonlySet<string>;
  readonly deleted: readonly {
    readonly id: string;
    readonly path: string;
    readonly offset: number;
  }[];
  readonly issues: IssueList;
}

interface PlacedPolicy {
  readonly key?: string;
  readonly offset: number;
  readonly path: string;
  readonly node: JsonNode;
}

/** Reads one policy file of either form. Total: whatever is wrong is an issue. In short steps. */
export function* readPolicyFile(
  { name, text }: { readonly name: string; readonly text: string },
  conditionCompiler: ConditionCompiler,
): Generator<void, ReadPolicyFile> {
  const hasMark = text.startsWith("\uFEFF"); // Of a text that was no file; a file's is gone by now.
  const content = hasMark ? text.slice(1) : text;
  const issues = createIssueList(name, content);
  if (hasMark) {
    const message = "the text begins with a byte order mark";
    issues.warn("byte-order-mark", { path: "" }, 0, message, "send it without");
  }
  const { root, problems } = yield* parseSteps(content);
  for (const { severity, path, offset, message, suggestion } of problems) {
    if (severity === "error") issues.error({ path }, offset, message, suggestion);
    else issues.warn("loses-digits", { path }, offset, message, suggestion);
  }
  if (root === undefined) return { policies: [], policyIds: new Set(), deleted: [], issues };
  return yield* readPolicyTree(root, issues, conditionCompiler);
}

/** The same for a document that is a tree already. */
export function* readPolicyTree(
  root: JsonNode,
  issues: IssueList,
  conditionCompiler: ConditionCompiler,
): Generator<void, ReadPolicyFile> {
  reportProblems(FILE_HEAD, root, valueOf(root), issues, { path: "" });
  warnOfUnknownKeys(root, issues);

  const placed = placedPolicies(memberOf(root, "policies")?.node);
  const policyIds = new Set<string>();
  const policies: TranslatedPolicy[] = [];
  for (const { node, ...place } of placed) {
    const id = textOf(node, "id") ?? place.key;
    if (id !== undefined && policyIds.has(id) && place.key === undefined) {
      const message = `the policy id \`${id}\` is there twice`;
      issues.error({ path: place.path, policyId: id }, place.offset, message, "rename one of them");
    }
    if (id !== undefined) policyIds.add(id);
    const translated = yield* translatePolicy(node, { ...place, conditionCompiler, issues });
    if (translated !== undefined) policies.push(translated);
  }
  const version = memberOf(root, "version")?.node;
  return {
    ...(version?.kind === "scalar" && typeof version.value === "number"
      ? { version: version.value }
      : {}),
    policies,
    policyIds,
    deleted: deletedIds(memberOf(root, "deleted")?.node),
    issues,
  };
}

function warnOfUnknownKeys(root: JsonNode, issues: IssueList): void {
  if (root.kind !== "object") return;
  for (const { key = "", message, suggestion } of unknownKeys("file", root.members.keys())) {
    const offset = root.members.get(key)?.keyOffset ?? root.offset;
    const what = `${message} of a policy file: kept and ignored`;
    issues.warn("unknown-key", { path: extendPath("", key) }, offset, what, suggestion);
  }
}

function placedPolicies(node: JsonNode | undefined): readonly PlacedPolicy[] {
  if (node?.kind === "list") {
    return node.elements.map((element, index) => ({
      offset: element.offset,
      path: extendPath("policies", index),
      node: element,
    }));
  }
  if (node?.kind !== "object") return [];
  return [...node.members].map(([key, member]) => ({
    key,
    offset: member.keyOffset,
    path: extendPath("policies", key),
    node: member.node,
  }));
}

function deletedIds(node: JsonNode | undefined): ReadPolicyFile["deleted"] {
  if (node?.kind !== "list") return [];
  return node.elements.flatMap((element, index) =>
    element.kind === "scalar" && typeof element.value === "string"
      ? [{ id: element.value, path: extendPath("deleted", index), offset: element.offset }]
      : [],
  );
}
