import type { CatalogPolicy, PolicyCatalog } from "../../../../application/policy-catalog.js";
import { PdpError } from "../../../../application/errors.js";

/** The active policies by id, for the names and descriptions that answers repeat. */
export type KnownPolicies = ReadonlyMap<string, CatalogPolicy>;

const byList = new WeakMap<readonly CatalogPolicy[], KnownPolicies>();
const NONE: KnownPolicies = new Map();

/** None without an active set. */
export function knownPolicies(catalog: PolicyCatalog): KnownPolicies {
  const list = listOf(catalog);
  if (!list) return NONE;
  const known = byList.get(list) ?? new Map(list.map((stored) => [stored.policy.id, stored]));
  byList.set(list, known);
  return known;
}

function listOf(catalog: PolicyCatalog): readonly CatalogPolicy[] | undefined {
  try {
    return catalog.all();
  } catch (error) {
    if (error instanceof PdpError) return undefined;
    throw error;
  }
}
