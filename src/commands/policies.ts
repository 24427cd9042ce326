import type {
  PolicyAdminClient,
  RemoteAuthor,
  RemotePolicy,
} from "../adapters/engine-client/policy-admin-client.js";
import { unsendable } from "../adapters/engine-client/wire-policy.js";
import { idOf } from "../application/document-facts.js";
import { issueText } from "../application/errors.js";
import type { PolicyIssue } from "../application/ports/policy-source.js";
import type { UnifiedDiff } from "../application/ports/unified-diff.js";
import { isList, isPlainMap, type Value, type ValueMap } from "../core/values.js";
import { asPolicyFile, inWritten, singlePolicy } from "./single-policy.js";
import { table } from "./table.js";

export interface PoliciesDeps {
  readonly client: PolicyAdminClient;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** 0 done, 1 refused or not there. */
export type PoliciesExitCode = 0 | 1;

/** `policies list`: one line a policy, in the order in which they are asked. */
export async function listPolicies(
  { type = "", format }: { readonly type?: string; readonly format: "text" | "json" },
  { client, write }: PoliciesDeps,
): Promise<PoliciesExitCode> {
  const policies = await client.list(type);
  if (format === "json") {
    write(
      JSON.stringify(
        policies.map(({ document }) => document),
        null,
        2,
      ),
    );
    return 0;
  }
  const rows = policies.map(({ document, policyVersion, source }) => [
    text(document["id"]),
    text(document["type"]),
    `priority ${text(document["priority"] ?? 0)}`,
    document["enabled"] === false ? "disabled" : "enabled",
    `version ${policyVersion}`,
    source,
  ]);
  write(table(rows));
  return 0;
}

/** `policies get ID`: its document, as one would write it into a file. */
export async function getPolicy(
  id: string,
  { at }: { readonly at?: number },
  { client, write, writeError }: PoliciesDeps,
): Promise<PoliciesExitCode> {
  const found = await client.get(id, at);
  if (found) write(shown(found));
  else writeError(`policy \`${id}\` not found`);
  return found ? 0 : 1;
}

/**
 * `policies apply FILE`: creates and updates the policies of a file one after the other, and removes
 * none. Nothing is sent of a file with an error; one that the engine refuses ends it, and those before
 * it stay. A policy that was changed by somebody else meanwhile is refused.
 */
export async function applyPolicies(
  content: string,
  { dryRun, ...author }: RemoteAuthor & { readonly dryRun: boolean },
  deps: PoliciesDeps & { readonly unifiedDiff: UnifiedDiff },
): Promise<PoliciesExitCode> {
  const { client, write, writeError } = deps;
  const documents = await documentsOf(content, deps);
  if (documents === undefined) return 1;
  for (const document of documents) {
    const id = text(document["id"]);
    const left = unsendable(document).policy;
    if (left.length > 0) writeError(`${id}: left out, as notes of the file: ${left.join(", ")}`);
    const before = await client.get(id);
    const options = { ...author, etag: before?.etag, validateOnly: dryRun };
    const after = await client.put(document, options);
    if (dryRun) write(differenceText(id, before, after, deps.unifiedDiff));
    else write(`${id}: ${verbOf(before, after)} (version ${after.policyVersion})`);
  }
  return 0;
}

/**
 * The policies of a file. What is probably wrong with them is told; where anything keeps them from
 * being sent, all of that is told, and the answer is undefined.
 */
export async function documentsOf(
  content: string,
  {
    client,
    writeError,
  }: { readonly client: Pick<PolicyAdminClient, "issuesOf"> } & Pick<PoliciesDeps, "writeError">,
): Promise<readonly ValueMap[] | undefined> {
  const file = asPolicyFile(content);
  const issues = (await client.issuesOf(file.text)).map((issue) => inWritten(issue, file));
  const documents = documentsIn(content);
  const errors = issues.filter(({ severity }) => severity === "error").map(placedText);
  const problems = errors.length > 0 ? errors : documents.flatMap(unsendableText);
  const warnings = issues.filter(({ severity }) => severity === "warning");
  for (const issue of warnings) writeError(`warning: ${placedText(issue)}`);
  for (const problem of problems) writeError(problem);
  return problems.length > 0 ? undefined : documents;
}

function unsendableText(document: ValueMap): readonly string[] {
  if (idOf(document) === "") return ["a policy needs an `id`, or a `name` to make one of"];
  return unsendable(document).rules.map(
    (key) => `${idOf(document)}: \`${key}\` of a rule can only stand in the engine's file`,
  );
}

/** The one file of a command needs no name. */
function placedText({ line, column, ...issue }: PolicyIssue): string {
  return issueText({ ...issue, file: line === undefined ? "" : `${line}:${column ?? 1}` });
}

/** `policies history`: newest first. */
export async function showHistory(
  { limit }: { readonly limit: number },
  { client, write }: PoliciesDeps,
): Promise<PoliciesExitCode> {
  const versions = await client.versions(limit);
  write(
    table(
      versions.map(({ policyVersion, createTime, source, actor, reason }) => [
        `version ${policyVersion}`,
        createTime,
        source,
        actor === "" ? "-" : actor,
        reason,
      ]),
    ),
  );
  return 0;
}

/** `policies diff FROM [TO]`: as `git diff` shows it; TO is the newest version unless given. */
export async function showDiff(
  from: number,
  to: number | undefined,
  { client, write }: PoliciesDeps,
): Promise<PoliciesExitCode> {
  const [newest] = to === undefined ? await client.versions(1) : [];
  const difference = await client.diff(from, to ?? newest?.policyVersion ?? from);
  write(difference === "" ? "no difference" : difference.trimEnd());
  return 0;
}

function differenceText(
  id: string,
  before: RemotePolicy | undefined,
  after: RemotePolicy,
  unifiedDiff: UnifiedDiff,
): string {
  const difference = unifiedDiff(
    { name: `policies/${id} (now)`, text: before && `${shown(before)}\n` },
    { name: `policies/${id} (then)`, text: `${shown(after)}\n` },
  );
  return difference === "" ? `${id}: unchanged` : difference.trimEnd();
}

function verbOf(before: RemotePolicy | undefined, after: RemotePolicy): string {
  if (before === undefined) return "created";
  return before.etag === after.etag ? "unchanged" : "updated";
}

/** Of a file that is valid. */
function documentsIn(content: string): readonly ValueMap[] {
  const single = singlePolicy(content);
  if (single) return [single];
  const value = parsed(content);
  const policies = value !== undefined && isPlainMap(value) ? value["policies"] : undefined;
  if (policies === undefined) return [];
  if (isList(policies)) return policies.filter(isPlainMap);
  if (!isPlainMap(policies)) return [];
  return Object.entries(policies).map(([id, policy]) => ({ id, ...(policy as ValueMap) }));
}

function parsed(content: string): Value | undefined {
  try {
    return JSON.parse(content) as Value;
  } catch {
    return undefined;
  }
}

function shown({ document }: RemotePolicy): string {
  return JSON.stringify(document, null, 2);
}

function text(value: Value | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
