import type { CombiningAlgorithm, OnError } from "./policy.js";
import type { Effect } from "./verbs.js";

/** How the policies of one type combine, and what answers when no rule applied. */
export interface PolicyTypeRow {
  readonly combining: CombiningAlgorithm;
  readonly defaultEffect: Effect;
  readonly onError: OnError;
}

/** The policy type of connections. */
export const CONNECTION_TYPE = "network_security";

const EVERY_OTHER_TYPE: PolicyTypeRow = {
  combining: "deny-overrides",
  defaultEffect: "permit",
  onError: "skip",
};

/** What the trust rules of `security` follow once a client is named, and all of `trust_reputation`. */
export const TRUST_ROW: PolicyTypeRow = {
  combining: "deny-overrides",
  defaultEffect: "permit",
  onError: "deny",
};

const ROWS: ReadonlyMap<string, PolicyTypeRow> = new Map([
  [
    CONNECTION_TYPE,
    { combining: "first-applicable", defaultEffect: "deny", onError: "deny" } as const,
  ],
  ["trust_reputation", TRUST_ROW],
]);

/** THE table: policy type -> combining, default effect, on error. Types are an open set. */
export function policyTypeRow(policyType: string): PolicyTypeRow {
  return ROWS.get(policyType) ?? EVERY_OTHER_TYPE;
}

/** What spellings of one type have in common: case, dashes and blanks around it do not count. */
export function plainSpelling(policyType: string): string {
  return policyType.trim().toLowerCase().replaceAll("-", "_");
}
