import type { z } from "zod";
import type { Value } from "../../core/values.js";
import type { IssueList, IssueSubject } from "./issue-list.js";
import { extendPath, type JsonNode, memberOf, type PathStep } from "./json-tree.js";
import { documentProblems } from "./policy-document.js";

/** Reports where `node`, whose value is `value`, is not what `schema` says. @returns Whether it is. */
export function reportProblems(
  schema: z.ZodType,
  node: JsonNode,
  value: Value,
  issues: IssueList,
  subject: IssueSubject,
): boolean {
  const problems = documentProblems(schema, value);
  for (const { path, key, message, suggestion } of problems) {
    const steps = key === undefined ? path : [...path, key];
    const place = { ...subject, path: steps.reduce(extendPath, subject.path) };
    const offset = key === undefined ? nodeAt(node, path).offset : keyOffset(node, path, key);
    issues.error(place, offset, message, suggestion);
  }
  return problems.length === 0;
}

// The node at `path`, or as far as it goes: what is missing has the place of its owner.
function nodeAt(node: JsonNode, path: readonly PathStep[]): JsonNode {
  let current = node;
  for (const step of path) {
    const next =
      typeof step === "string"
        ? memberOf(current, step)?.node
        : current.kind === "list"
          ? current.elements[step]
          : undefined;
    if (next === undefined) return current;
    current = next;
  }
  return current;
}

function keyOffset(node: JsonNode, path: readonly PathStep[], key: string): number {
  const owner = nodeAt(node, path);
  return memberOf(owner, key)?.keyOffset ?? owner.offset;
}
