import type {
  ConditionCompiler,
  FunctionProblem,
  PolicyFunction,
} from "../../application/ports/condition-compiler.js";
import type { PolicyText } from "../../application/ports/policy-reader.js";
import type { PolicyIssue } from "../../application/ports/policy-source.js";
import { compareIds } from "../../core/snapshot.js";
import type { ValueMap } from "../../core/values.js";
import { canonicalPolicy } from "./content-hash.js";
import { functionDocument } from "./function-document.js";
import { createIssueList, type IssueList } from "./issue-list.js";
import { extendPath, type JsonNode, memberOf, textOf, valueOf } from "./json-tree.js";
import { parsePolicyFile } from "./parse-policy-file.js";
import { reportProblems } from "./report-problems.js";

export interface ReadFunctions {
  /** Knows the functions; with an error among the issues it is good for finding further ones only. */
  readonly conditionCompiler: ConditionCompiler;
  readonly issues: readonly PolicyIssue[];
  /** The functions in canonical JSON, by name; undefined when there are none. */
  readonly canonical?: string;
}

/** What a person is told to write. */
export const EXAMPLE = '{"name": "trusted", "params": ["score"], "expression": "score >= 0.5"}';

interface FunctionFile {
  readonly issues: IssueList;
  /** Absent when the file does not say one. */
  readonly found?: { readonly definition: PolicyFunction; readonly root: JsonNode };
}

/** The functions of one set, each in a text of its own. Total: whatever is wrong is an issue. */
export function readPolicyFunctions(
  texts: readonly PolicyText[],
  conditionCompiler: ConditionCompiler,
): ReadFunctions {
  const files = texts.map(readFunctionFile);
  const found = files.flatMap(({ issues, found: read }) => (read ? [{ issues, ...read }] : []));
  const { compiler, problems } = conditionCompiler.withFunctions(
    found.map(({ definition }) => definition),
  );
  for (const problem of problems) {
    const file = found[problem.index];
    if (file !== undefined) reportFunctionProblem(problem, file);
  }
  const documents = found
    .toSorted((a, b) => compareIds(a.definition.name, b.definition.name))
    .map(({ root }) => [...canonicalPolicy(valueOf(root) as ValueMap)].join(""));
  return {
    conditionCompiler: compiler,
    issues: files.flatMap(({ issues }) => issues.issues),
    ...(documents.length > 0 && { canonical: `[${documents.join()}]` }),
  };
}

function readFunctionFile({ name, text }: PolicyText): FunctionFile {
  const issues = createIssueList(name, text);
  const { root, problems } = parsePolicyFile(text);
  for (const { severity, path, offset, message, suggestion } of problems) {
    const fix = text.trim() === "" ? `write ${EXAMPLE}` : suggestion;
    if (severity === "error") issues.error({ path }, offset, message, fix);
    else issues.warn("loses-digits", { path }, offset, message, suggestion);
  }
  if (root === undefined) return { issues };
  if (!reportProblems(functionDocument, root, valueOf(root), issues, { path: "" })) {
    return { issues };
  }
  const definition = {
    name: textOf(root, "name") ?? "",
    params: textsOf(memberOf(root, "params")?.node),
    expression: textOf(root, "expression") ?? "",
  };
  return { issues, found: { definition, root } };
}

function textsOf(list: JsonNode | undefined): readonly string[] {
  if (list?.kind !== "list") return [];
  return list.elements.flatMap((element) =>
    element.kind === "scalar" && typeof element.value === "string" ? [element.value] : [],
  );
}

function reportFunctionProblem(
  { severity, path, offset, message }: FunctionProblem,
  { issues, root }: { readonly issues: IssueList; readonly root: JsonNode },
): void {
  const subject = { path: path.reduce(extendPath, "") };
  const [key, position] = path;
  const owner = memberOf(root, String(key))?.node ?? root;
  const element =
    owner.kind === "list" && typeof position === "number" ? owner.elements[position] : undefined;
  const at = (element ?? owner).offset;
  const what = offset === undefined ? message : `at character ${offset + 1}: ${message}`;
  if (severity === "error") issues.error(subject, at, what);
  else issues.warn("unusual-condition", subject, at, what);
}
