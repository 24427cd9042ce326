import { compareIds } from "../core/snapshot.js";
import type { PolicyActivation } from "./activate-policies.js";
import type { ActivePolicySet } from "./active-policy-set.js";
import { invalidField, PdpError, policyNotFound } from "./errors.js";
import { placeOf, tokenOf } from "./opaque-token.js";
import type { CatalogPolicy, ListPoliciesQuery, PolicyCatalog } from "./policy-catalog.js";
import { CONNECTION_TYPE } from "../core/policy-types.js";

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

/** The active policies, for reading. */
export function createPolicyCatalog(activation: PolicyActivation): PolicyCatalog {
  const sorted = new WeakMap<ActivePolicySet, readonly CatalogPolicy[]>();

  function all(): readonly CatalogPolicy[] {
    const active = activation.active();
    if (!active) throw new PdpError({ reason: "NO_ACTIVE_POLICY" });
    const known = sorted.get(active) ?? active.policies.toSorted(inOrder);
    sorted.set(active, known);
    return known;
  }

  return {
    all,
    list: (query) => page(all(), query),
    version: () => activation.status().policyVersion,
    get(policyId) {
      const found = all().find((stored) => stored.policy.id === policyId);
      if (!found) throw policyNotFound(policyId);
      return found;
    },
    reload: (options) => activation.reload(options),
  };
}

/** What a policy is sorted by: stays right for a page token while policies come and go. */
interface Place {
  readonly type: string;
  readonly priority: number;
  readonly id: string;
}

/** `network_security` first: clients that stop at the first rule that matches read this list. */
function inOrder(left: CatalogPolicy, right: CatalogPolicy): number {
  return comparePlaces(left.policy, right.policy);
}

function comparePlaces(left: Place, right: Place): number {
  return (
    Number(right.type === CONNECTION_TYPE) - Number(left.type === CONNECTION_TYPE) ||
    right.priority - left.priority ||
    compareIds(left.id, right.id)
  );
}

function page(
  policies: readonly CatalogPolicy[],
  query: ListPoliciesQuery,
): { policies: readonly CatalogPolicy[]; nextPageToken: string } {
  const { type, enabled, pageSize, pageToken } = query;
  if (pageSize < 0) throw invalidField("page_size", `must be at least 0, got ${pageSize}`);
  const after = pageToken === "" ? undefined : placeOfToken(pageToken);
  const size = Math.min(pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize, MAX_PAGE_SIZE);
  const rest = policies.filter(
    ({ policy }) =>
      (type === "" || policy.type === type) &&
      (enabled === undefined || policy.enabled === enabled) &&
      (after === undefined || comparePlaces(policy, after) > 0),
  );
  const last = rest.length > size ? rest[size - 1] : undefined;
  return { policies: rest.slice(0, size), nextPageToken: last ? tokenAt(last.policy) : "" };
}

function tokenAt({ type, priority, id }: Place): string {
  const rank = type === CONNECTION_TYPE ? "n" : "o";
  return tokenOf(`${rank}:${priority}:${id}`);
}

function placeOfToken(token: string): Place {
  const place = placeOf(token) ?? "";
  const [, rank, priority, id] = /^([no]):(-?\d{1,10}):(.+)$/.exec(place) ?? [];
  if (rank === undefined || priority === undefined || id === undefined) {
    throw invalidField("page_token", "is not a token of this list: start again without it");
  }
  return { type: rank === "n" ? CONNECTION_TYPE : "", priority: Number(priority), id };
}
