import type { Policy } from "../policy.js";
import { type CheckInfo, createComparisonBudget, type LintFinding } from "./finding.js";
import type { KnownClients } from "./known-clients.js";
import { LINT_CHECKS } from "./lint-checks.js";

/** Pairs of rules that are compared at most: about a second. */
const MOST_COMPARISONS = 2_000_000;

/** What a check found, and which check it was. */
export interface CheckedFinding extends LintFinding {
  readonly check: CheckInfo;
}

/**
 * Everything in `policies` (one effective set, disabled ones included) that is legal and probably
 * not what was meant, check by check in the order of the table.
 */
export function* lint(
  policies: readonly Policy[],
  clients: KnownClients,
): Iterable<CheckedFinding> {
  const input = { policies, clients, comparisons: createComparisonBudget(MOST_COMPARISONS) };
  for (const check of LINT_CHECKS) {
    for (const finding of check.find(input)) yield { ...finding, check };
  }
}
