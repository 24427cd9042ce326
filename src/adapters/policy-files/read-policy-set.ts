import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import type { PolicyTexts } from "../../application/ports/policy-reader.js";
import type {
  LoadedPolicySet,
  PolicyIssue,
  PolicyLoad,
  StoredPolicy,
} from "../../application/ports/policy-source.js";
import { policyTypeRow } from "../../core/policy-types.js";
import { compareIds } from "../../core/snapshot.js";
import type { ValueMap } from "../../core/values.js";
import { canonicalPolicy, createPartHash, type PartHash } from "./content-hash.js";
import type { IssueList } from "./issue-list.js";
import { INVALID } from "./load-checks.js";
import { readPolicyFunctions } from "./read-policy-functions.js";
import { readPolicyFile, type ReadPolicyFile } from "./read-policy-file.js";
import { finish } from "../../core/finish.js";
import type { TranslatedPolicy } from "./translate-policy.js";

type Origin = StoredPolicy["source"];

/** A policy of the effective set, and the file it stands in. */
export interface PolicyEntry extends TranslatedPolicy {
  readonly source: Origin;
  readonly issues: IssueList;
}

/** The effective set as far as it could be read, and everything that is wrong with it. */
export interface PolicyEntries {
  readonly entries: readonly PolicyEntry[];
  readonly issues: readonly PolicyIssue[];
  readonly fileVersion?: number;
  /** The policy functions in canonical JSON; absent when there are none. */
  readonly functions?: string;
}

/**
 * The effective set of both files: the defaults, overridden by id and removed (`deleted`) by the main
 * file, with the functions that their conditions may call. All or nothing: any error in any file
 * refuses the set, and every problem is listed.
 */
export function readPolicySet(
  texts: PolicyTexts,
  conditionCompiler: ConditionCompiler,
): PolicyLoad {
  return finish(policySetSteps(texts, conditionCompiler));
}

/** The same in short steps: whoever runs them decides when others have their turn. */
export function* policySetSteps(
  texts: PolicyTexts,
  conditionCompiler: ConditionCompiler,
): Generator<void, PolicyLoad> {
  const read = yield* entriesOfTexts(texts, conditionCompiler);
  const { entries, issues, fileVersion, functions } = read;
  if (issues.some(({ severity }) => severity === "error")) return { ok: false, issues };
  return {
    ok: true,
    set: {
      ...(yield* storedPolicies(entries, texts, functions)),
      ...(fileVersion === undefined ? {} : { fileVersion }),
      ...(texts.functions && { functions: texts.functions }),
      file: (texts.main ?? texts.defaults)?.name ?? "",
      issues,
    },
  };
}

/** What the texts of one set say together; with an error in them, as far as they could be read. */
export function* entriesOfTexts(
  texts: PolicyTexts,
  conditionCompiler: ConditionCompiler,
): Generator<void, PolicyEntries> {
  const functions = readPolicyFunctions(texts.functions ?? [], conditionCompiler);
  const { main, defaults } = texts;
  const read = entriesOfFiles({
    main: main && (yield* readPolicyFile(main, functions.conditionCompiler)),
    defaults: defaults && (yield* readPolicyFile(defaults, functions.conditionCompiler)),
  });
  return {
    ...read,
    issues: [...functions.issues, ...read.issues],
    ...(functions.canonical !== undefined && { functions: functions.canonical }),
  };
}

/** What two files say together; with an error in them, as far as they could be read. */
export function entriesOfFiles({
  main,
  defaults,
}: {
  readonly main: ReadPolicyFile | undefined;
  readonly defaults: ReadPolicyFile | undefined;
}): PolicyEntries {
  const entries = effectiveEntries(main, defaults);
  warnOfPowerlessPermits(entries);
  const fileVersion = (main ?? defaults)?.version;
  return {
    entries,
    issues: [defaults, main].flatMap((file) => file?.issues.issues ?? []),
    ...(fileVersion === undefined ? {} : { fileVersion }),
  };
}

function effectiveEntries(
  main: ReadPolicyFile | undefined,
  defaults: ReadPolicyFile | undefined,
): readonly PolicyEntry[] {
  const effective = new Map<string, PolicyEntry>();
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

/** Policies with their etags, and the hash of all of them and of the functions in canonical JSON. */
function* storedPolicies(
  entries: readonly PolicyEntry[],
  texts: PolicyTexts,
  functions = "",
): Generator<void, Pick<LoadedPolicySet, "policies" | "contentHash">> {
  const files = { file: texts.main?.name ?? "", default_file: texts.defaults?.name ?? "" };
  const ofSet = createPartHash();
  ofSet.add("[");
  const policies: StoredPolicy[] = [];
  for (const { policy, document, source } of entries) {
    if (policies.length > 0) ofSet.add(",");
    const etag = yield* etagOf(document, ofSet);
    policies.push({ policy, document, source, file: files[source], etag });
  }
  ofSet.add(`]${functions}`);
  return { policies, contentHash: ofSet.digest() };
}

/** Adds what it hashes to the hash of the set. */
function* etagOf(document: ValueMap, ofSet: PartHash): Generator<void, string> {
  const ofPolicy = createPartHash();
  for (const part of canonicalPolicy(document)) {
    ofPolicy.add(part);
    ofSet.add(part);
    yield;
  }
  return ofPolicy.digest();
}

/** What stands for a file that could not be read: one error, without a place. */
export function fileIssue(file: string, message: string, suggestion?: string): PolicyIssue {
  return {
    severity: "error",
    check: INVALID.id,
    file,
    path: "",
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function addPolicies(
  effective: Map<string, PolicyEntry>,
  { policies, issues }: ReadPolicyFile,
  source: Origin,
): void {
  for (const translated of policies) {
    effective.set(translated.policy.id, { ...translated, source, issues });
  }
}

function removeDeleted(
  effective: Map<string, PolicyEntry>,
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
      main.issues.warn(
        "deleted-unknown",
        subject,
        offset,
        `no default policy has the id \`${id}\` to delete`,
      );
    }
  }
}

function warnOfDeletedDefaults({ deleted, issues }: ReadPolicyFile): void {
  const first = deleted[0];
  if (first === undefined) return;
  issues.warn(
    "deleted-unknown",
    { path: "deleted" },
    first.offset,
    "`deleted` means nothing in the defaults",
    "write it into the main file",
  );
}

// `default_effect: PERMIT` never weakens the row of the type, nor another policy's DENY.
function warnOfPowerlessPermits(entries: readonly PolicyEntry[]): void {
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
      "powerless-default",
      { ...subject, path: `${subject.path}.default_effect` },
      defaultEffectOffset,
      typeDenies
        ? `means nothing: \`${policy.type}\` denies by default, whatever a policy says`
        : `means nothing: another policy of \`${policy.type}\` says DENY`,
      "leave it out, or write a rule that allows",
    );
  }
}
