import { diffPolicies, type PolicyDifference } from "../../../../application/diff-policies.js";
import type { PolicyVersions } from "../../../../application/policy-versions.js";
import type { PolicyVersionContent } from "../../../../application/ports/policy-history.js";
import type { ValueMap } from "../../../../core/values.js";

/** Versions that are looked at, the newest. */
const MOST_VERSIONS = 1000;

/** What became of one policy in one version. */
export interface HistoryEntry {
  readonly action: "create" | "update" | "delete" | "enable" | "disable";
  readonly policyId: string;
  readonly policyVersion: number;
  /** The version before it. */
  readonly previousVersion: number;
}

// A version never changes: what it did is looked up once.
const entriesByVersion = new WeakMap<PolicyVersions, Map<number, readonly HistoryEntry[]>>();

/** What the newest 1,000 versions did to policies, newest first. What the first one began with is left out. */
export async function policyHistory(versions: PolicyVersions): Promise<readonly HistoryEntry[]> {
  const { versions: records } = await versions.list({ pageSize: MOST_VERSIONS, pageToken: "" });
  const known = entriesByVersion.get(versions) ?? new Map<number, readonly HistoryEntry[]>();
  entriesByVersion.set(versions, known);
  let after: PolicyVersionContent | undefined;
  for (const [index, { policyVersion }] of records.entries()) {
    const previous = records[index + 1];
    if (!previous || known.has(policyVersion)) {
      after = undefined;
      continue;
    }
    after ??= await versions.get(policyVersion);
    const before = await versions.get(previous.policyVersion);
    known.set(policyVersion, entriesOf(before, after));
    after = before;
  }
  return records.flatMap(({ policyVersion }) => known.get(policyVersion) ?? []);
}

function entriesOf(
  before: PolicyVersionContent,
  { policyVersion, documents }: PolicyVersionContent,
): readonly HistoryEntry[] {
  return diffPolicies(before.documents, documents).map((difference) => ({
    action: actionOf(difference),
    policyId: difference.policyId,
    policyVersion,
    previousVersion: before.policyVersion,
  }));
}

function actionOf({ before, after, fields }: PolicyDifference): HistoryEntry["action"] {
  if (!before) return "create";
  if (!after) return "delete";
  const isSwitch = fields.length === 1 && fields[0]?.path === "enabled";
  if (!isSwitch) return "update";
  return after["enabled"] === false ? "disable" : "enable";
}

/** An entry with what the policy was and became. */
export async function historyJson(
  { action, policyId, policyVersion, previousVersion }: HistoryEntry,
  versions: PolicyVersions,
): Promise<object> {
  const content = await versions.get(policyVersion);
  const previous = await versions.get(previousVersion);
  const oldData = documentIn(previous, policyId);
  const newData = documentIn(content, policyId);
  const shown = newData ?? oldData;
  return {
    action,
    policy_id: policyId,
    policy_name: shown?.["name"] ?? "",
    policy_type: shown?.["type"] ?? "",
    timestamp: content.createTimeMs / 1000,
    timestamp_readable: new Date(content.createTimeMs).toISOString(),
    version: policyVersion,
    policy_version: policyVersion,
    actor: content.actor,
    reason: content.reason,
    source: content.source.toUpperCase(),
    old_data: oldData ?? null,
    new_data: newData ?? null,
    data: shown ?? null,
  };
}

function documentIn({ documents }: PolicyVersionContent, policyId: string): ValueMap | undefined {
  return documents.find(({ id }) => id === policyId);
}
