import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import type {
  LoadedPolicySet,
  PolicyIssue,
  PolicyLoad,
  StoredPolicy,
} from "../../application/ports/policy-source.js";
import { policyTypeRow } from "../../core/policy-types.js";
import { compareIds } from "../../core/snapshot.js";
import { canonicalPolicy, sha256 } from "./content-hash.js";
import type { IssueList } from "./issue-list.js";
import { readPolicyFile, type ReadPolicyFile } from "./read-policy-file.js";
import type { TranslatedPolicy } from "./translate-policy.js";

export interface PolicyText {
  /** As the operator gave it; for messages. */
  readonly name: string;
  readonly text: string;
}

export interface PolicyTexts {
  /** Absent: the defaults alone are the set. */
  readonly main?: PolicyText;
  readonly defaults?: PolicyText;
}

type Origin = StoredPolicy["source"];

interface Entry extends TranslatedPolicy {
  readonly source: Origin;
  readonly issues: IssueList;
}

/**
 * The effective set of both files: the defaults, overridden by id and removed (`deleted`) by the main
 * file. All or nothing: any error in either file refuses the set, and every problem is listed.
 */
export function readPolicySet(
  texts: PolicyTexts,
  conditionCompiler: ConditionCompiler,
): PolicyLoad {
  const defaults = texts.defaults && readPolicyFile(texts.defaults, conditionCompiler);
  const main = texts.main && readPolicyFile(texts.main, conditionCompiler);
  const entries = effectiveEntries(main, defaults);
  warnOfPowerlessPermits(entries);

  const issues = [defaults, main].flatMap((file) => file?.issues.issues ?? []);
  if (issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  const fileVersion = (main ?? defaults)?.version;
  return {
    ok: true,
    set: {
      ...storedPolicies(entries, texts),
      ...(fileVersion === undefined ? {} : { fileVersion }),
      file: (texts.main ?? texts.defaults)?.name ?? "",
      issues,
    },
  };
}

function effectiveEntries(
  main: ReadPolicyFile | undefined,
  defaults: ReadPolicyFile | undefined,
): readonly Entry[] {
  const effective = new Map<string, Entry>();
  if (defaults) {
    addPolicies(effective, defaults, "default_file");
    warnOfDeletedDefaults(defaults);
  }
  if (main) {
    removeDeleted(effective, main, defaults);
    addPolicies(effective, main, "file");
  }
  return [...effective.values()].sort((a, b) => compareIds(a.policy.id, b.policy.id));
}

/** Policies with their etags, and the hash of the list of all of them in canonical JSON. */
function storedPolicies(
  entries: readonly Entry[],
  texts: PolicyTexts,
): Pick<LoadedPolicySet, "policies" | "contentHash"> {
  const files = { file: texts.main?.name ?? "", default_file: texts.defaults?.name ?? "" };
  const canonical = entries.map(({ document }) => canonicalPolicy(document));
  return {
    policies: entries.map(({ policy, document, source }, index) => ({
      policy,
      document,
      source,
      file: files[source],
      etag: sha256(canonical[index] ?? ""),
    })),
    contentHash: sha256(`[${canonical.join()}]`),
  };
}

/** What stands for a file that could not be read: one error, without a place. */
export function fileIssue(file: string, message: string, suggestion?: string): PolicyIssue {
  return {
    severity: "error",
    file,
    path: "",
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function addPolicies(
  effective: Map<string, Entry>,
  { policies, issues }: ReadPolicyFile,
  source: Origin,
): void {
  for (const translated of policies) {
    effective.set(translated.policy.id, { ...translated, source, issues });
  }
}

function removeDeleted(
  effective: Map<string, Entry>,
  main: ReadPolicyFile,
  defaults: ReadPolicyFile | undefined,
): void {
  for (const { id, path, offset } of main.deleted) {
    effective.delete(id);
    const subject = { path, policyId: id };
    if (main.policyIds.has(id)) {
      main.issues.error(
        subject,
        offset,
        `\`${id}\` is both in \`policies\` and in \`deleted\``,
        "keep one of the two",
      );
    } else if (defaults?.policyIds.has(id) !== true) {
      main.issues.warn(subject, offset, `no default policy has the id \`${id}\` to delete`);
    }
  }
}

function warnOfDeletedDefaults({ deleted, issues }: ReadPolicyFile): void {
  const first = deleted[0];
  if (first === undefined) return;
  issues.warn(
    { path: "deleted" },
    first.offset,
    "`deleted` means nothing in the defaults",
    "write it into the main file",
  );
}

// `default_effect: PERMIT` never weakens the row of the type, nor another policy's DENY.
function warnOfPowerlessPermits(entries: readonly Entry[]): void {
  const denied = new Set(
    entries
      .filter(({ policy }) => policy.enabled && policy.defaultEffect === "deny")
      .map(({ policy }) => policy.type),
  );
  for (const { policy, subject, issues, defaultEffectOffset } of entries) {
    if (policy.defaultEffect !== "permit" || defaultEffectOffset === undefined) continue;
    const typeDenies = policyTypeRow(policy.type).defaultEffect === "deny";
    if (!typeDenies && !denied.has(policy.type)) continue;
    issues.warn(
      { ...subject, path: `${subject.path}.default_effect` },
      defaultEffectOffset,
      typeDenies
        ? `means nothing: \`${policy.type}\` denies by default, whatever a policy says`
        : `means nothing: another policy of \`${policy.type}\` says DENY`,
      "leave it out, or write a rule that allows",
    );
  }
}
