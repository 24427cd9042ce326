import type { ValueMap } from "../core/values.js";
import { idOf } from "./document-facts.js";
import type {
  PolicyHistory,
  PolicyOrigin,
  PolicyOrigins,
  PolicyVersionRecord,
} from "./ports/policy-history.js";
import type { StoredPolicy } from "./ports/policy-source.js";
import { sameContent } from "./same-value.js";

/** How far back the origins of an older engine's version are looked for: every version is a whole set. */
const MOST_VERSIONS = 50;

/**
 * The origins after `record` made the set of `before` the set of `policies`.
 *
 * @param before - Undefined where nothing was recorded before: nobody knows when these were created.
 */
export function nextOrigins(
  policies: readonly StoredPolicy[],
  record: PolicyVersionRecord,
  before: PolicyOrigins | undefined,
): PolicyOrigins {
  return new Map(
    policies.map(({ policy: { id }, etag }) => {
      const old = before?.get(id);
      if (old?.etag === etag) return [id, old];
      const createTimeMs = old || !before ? old?.createTimeMs : record.createTimeMs;
      return [id, originIn(record, etag, createTimeMs)];
    }),
  );
}

/**
 * The origins that the newest versions tell of the newest; for what is older, the oldest of them.
 *
 * @param policies - Those of the newest version.
 */
export async function originsFromHistory(
  policies: readonly StoredPolicy[],
  history: PolicyHistory,
): Promise<PolicyOrigins> {
  const records = await history.list({ limit: MOST_VERSIONS });
  const known = new Map<string, PolicyOrigin>();
  const young = new Map(policies.map((stored) => [stored.policy.id, stored]));
  for (const [index, record] of records.entries()) {
    const before = records[index + 1];
    const older = before && (await documentsOf(history, before.policyVersion));
    for (const [id, { document, etag }] of young) {
      const old = older?.get(id);
      if (!known.has(id) && !(old && sameContent(old, document))) {
        known.set(id, originIn(record, etag));
      }
      const origin = known.get(id);
      if (older && !old && origin) {
        known.set(id, { ...origin, createTimeMs: record.createTimeMs });
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

function originIn(record: PolicyVersionRecord, etag: string, createTimeMs?: number): PolicyOrigin {
  return {
    etag,
    policyVersion: record.policyVersion,
    updateTimeMs: record.createTimeMs,
    ...(createTimeMs !== undefined && { createTimeMs }),
    throughApi: record.source !== "file",
  };
}
