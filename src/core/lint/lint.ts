import type { Policy } from "../policy.js";
import type { CheckInfo, LintFinding } from "./finding.js";
import type { KnownClients } from "./known-clients.js";
import { LINT_CHECKS } from "./lint-checks.js";

/** Pairs of rules that one check compares at most: about a second. */
const MOST_COMPARISONS = 2_000_000;

export const LINT_INCOMPLETE: CheckInfo = {
  id: "lint-incomplete",
  severity: "info",
  says: "a check would have to compare too many rules with each other, and stopped",
  example: "",
  fix: "lint parts of the set by themselves",
};

/** What a check found, and which check it was. */
export interface CheckedFinding extends LintFinding {
  readonly check: CheckInfo;
}

/**
 * Everything in `policies` (one effective set, disabled ones included) that is legal and probably
 * not what was meant: one step for each check, in the order of the table, so that the caller may do
 * something else in between.
 */
export function* lint(
  policies: readonly Policy[],
  clients: KnownClients,
): Iterable<readonly CheckedFinding[]> {
  for (const check of LINT_CHECKS) {
    let left = MOST_COMPARISONS;
    const comparisons = { spend: () => left-- > 0 };
    const found = Array.from(check.find({ policies, clients, comparisons }), (finding) => ({
      ...finding,
      check,
    }));
    yield left < 0 ? [...found, ...stopped(check, policies)] : found;
  }
}

function stopped({ id }: CheckInfo, [first]: readonly Policy[]): readonly CheckedFinding[] {
  if (first === undefined) return [];
  const message = `too many rules to compare each with each: \`${id}\` did not look at all of them`;
  return [{ policyId: first.id, keys: [], message, check: LINT_INCOMPLETE }];
}
