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
 * not what was meant, in the order of the table. A step is a rule that one check has looked at.
 */
export function* lint(
  policies: readonly Policy[],
  clients: KnownClients,
): Generator<void, readonly CheckedFinding[]> {
  const findings: CheckedFinding[] = [];
  for (const check of LINT_CHECKS) {
    let left = MOST_COMPARISONS;
    const comparisons = { spend: () => left-- > 0 };
    for (const finding of check.find({ policies, clients, comparisons })) {
      if (finding === undefined) yield;
      else findings.push({ ...finding, check });
    }
    if (left < 0) findings.push(...stopped(check, policies));
  }
  return findings;
}

function stopped({ id }: CheckInfo, [first]: readonly Policy[]): readonly CheckedFinding[] {
  if (first === undefined) return [];
  const message = `too many rules to compare each with each: \`${id}\` did not look at all of them`;
  return [{ policyId: first.id, keys: [], message, check: LINT_INCOMPLETE }];
}
