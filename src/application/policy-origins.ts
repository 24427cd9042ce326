import type { ValueMap } from "../core/values.js";
import { idOf } from "./document-facts.js";
import type { CatalogPolicy } from "./policy-catalog.js";
import type { PolicyHistory, PolicyVersionRecord } from "./ports/policy-history.js";
import type { StoredPolicy } from "./ports/policy-source.js";
import { sameContent } from "./same-value.js";

/** How far back a start looks for who changed a policy last: every version is a whole set. */
const MOST_VERSIONS = 50;

/** When and by whom a policy came to be what it is. */
export interface PolicyOrigin {
  /** Of the last change. */
  readonly policyVersion: number;
  readonly updateTimeMs: number;
  /** Absent when not known. */
  readonly createTimeMs?: number;
  readonly throughApi: boolean;
}

type Origins = ReadonlyMap<string, PolicyOrigin>;

/** The origins after `record` made the set of `previous` the set of `policies`. */
export function nextOrigins(
  policies: readonly StoredPolicy[],
  record: PolicyVersionRecord,
  previous: readonly CatalogPolicy[],
): Origins {
  const before = new Map(previous.map((stored) => [stored.policy.id, stored]));
  return new Map(
    policies.map((stored) => {
      const old = before.get(stored.policy.id);
      const origin = old?.etag === stored.etag ? originOf(old) : originIn(record, old);
      return [stored.policy.id, origin] as const;
    }),
  );
}

/** The origins that the newest versions tell; for what is older, the oldest of them. */
export async function originsFromHistory(
  policies: readonly StoredPolicy[],
  history: PolicyHistory,
): Promise<Origins> {
  const records = await history.list({ limit: MOST_VERSIONS });
  const known = new Map<string, PolicyOrigin>();
  const young = new Map(policies.map(({ policy, document }) => [policy.id, document]));
  for (const [index, record] of records.entries()) {
    const before = records[index + 1];
    const older = before && (await documentsOf(history, before.policyVersion));
    for (const [id, document] of young) {
      const old = older?.get(id);
      if (!known.has(id) && !(old && sameContent(old, document))) {
        known.set(id, originIn(record, undefined, false));
      }
      if (older && !old) {
        known.set(id, { ...originIn(record, undefined), ...known.get(id), ...born(record) });
        young.delete(id);
      }
    }
    if (young.size === 0) break;
  }
  return known;
}

async function documentsOf(
  history: PolicyHistory,
  policyVersion: number,
): Promise<ReadonlyMap<string, ValueMap>> {
  const { documents = [] } = (await history.get(policyVersion)) ?? {};
  return new Map(documents.map((document) => [idOf(document), document]));
}

function originOf({
  policyVersion,
  updateTimeMs,
  createTimeMs,
  source,
}: CatalogPolicy): PolicyOrigin {
  return {
    policyVersion,
    updateTimeMs,
    ...(createTimeMs !== undefined && { createTimeMs }),
    throughApi: source === "api",
  };
}

function originIn(
  record: PolicyVersionRecord,
  old: Pick<CatalogPolicy, "createTimeMs"> | undefined,
  isNew = old === undefined,
): PolicyOrigin {
  const createTimeMs = isNew ? record.createTimeMs : old?.createTimeMs;
  return {
    policyVersion: record.policyVersion,
    updateTimeMs: record.createTimeMs,
    ...(createTimeMs !== undefined && { createTimeMs }),
    throughApi: record.source !== "file",
  };
}

function born({ createTimeMs }: PolicyVersionRecord): Pick<PolicyOrigin, "createTimeMs"> {
  return { createTimeMs };
}
