/** What a policy, a tier of equal priority, or all policies of a type say. */
export type Outcome = "permit" | "deny" | "error" | "not_applicable";

const DENY_OVERRIDES = ["deny", "error", "permit"] as const;
const PERMIT_OVERRIDES = ["permit", "deny", "error"] as const;

/** Deny wins over error, error over permit; with nothing else, not applicable. Order does not matter. */
export function denyOverrides(outcomes: readonly Outcome[]): Outcome {
  return DENY_OVERRIDES.find((outcome) => outcomes.includes(outcome)) ?? "not_applicable";
}

/** Permit wins over deny, deny over error; with nothing else, not applicable. Order does not matter. */
export function permitOverrides(outcomes: readonly Outcome[]): Outcome {
  return PERMIT_OVERRIDES.find((outcome) => outcomes.includes(outcome)) ?? "not_applicable";
}
