import { FLOPYNET_CLIENTS } from "../core/lint/known-clients.js";
import { type CheckedFinding, lint } from "../core/lint/lint.js";
import type { ActivePolicySet } from "./active-policy-set.js";
import type { LoadedPolicySet, PolicyIssue, StoredPolicy } from "./ports/policy-source.js";

/** The policies of `set` that `previous` does not have, or has otherwise. */
export function changedPolicies(
  set: LoadedPolicySet,
  previous: ActivePolicySet | undefined,
): readonly StoredPolicy[] {
  const before = new Map(previous?.policies.map(({ policy, etag }) => [policy.id, etag]));
  return set.policies.filter(({ policy, etag }) => before.get(policy.id) !== etag);
}

/**
 * What is probably not meant in the policies that a change put: what loading them warns of, and what
 * the linter does. Nobody validated them first, as one does with a file.
 */
export function* changeWarnings(
  set: LoadedPolicySet,
  previous: ActivePolicySet,
): Generator<void, readonly PolicyIssue[]> {
  const changed = changedPolicies(set, previous);
  const files = new Map(changed.map(({ policy, file }) => [policy.id, file]));
  const ofLoading = set.issues.filter(({ policyId = "" }) => files.has(policyId));
  const findings = yield* lint(
    changed.map(({ policy }) => policy),
    FLOPYNET_CLIENTS,
  );
  const ofLinter = findings.map((finding) => issueOf(finding, files.get(finding.policyId) ?? ""));
  return [...ofLoading, ...ofLinter].filter(({ severity }) => severity === "warning");
}

function issueOf(finding: CheckedFinding, file: string): PolicyIssue {
  const { check, policyId, ruleIndex, keys, message, suggestion } = finding;
  const owner = ruleIndex === undefined ? policyId : `${policyId}.rules[${ruleIndex}]`;
  return {
    ...{ severity: check.severity, check: check.id, file, message, policyId },
    path: ["policies", owner, ...keys].join("."),
    ...(ruleIndex !== undefined && { ruleIndex }),
    ...(suggestion !== undefined && { suggestion }),
  };
}
