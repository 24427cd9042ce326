import type { Policy, Rule } from "../policy.js";
import type { KnownClients } from "./known-clients.js";

/** What every check says of itself; `docs/linting.md` is made of it. */
export interface CheckInfo {
  /** Stable: tools filter by it. */
  readonly id: string;
  readonly severity: "error" | "warning" | "info";
  /** What is odd, in one sentence without full stop. */
  readonly says: string;
  /** A piece of a policy file that has it; empty where it takes a whole file. */
  readonly example: string;
  /** What to do about it. */
  readonly fix: string;
}

/** One place that a check found odd. */
export interface LintFinding {
  readonly policyId: string;
  /** Absent: it is about the policy. */
  readonly ruleIndex?: number;
  /** Where in the rule (or policy): `["match", "src_ip"]`, in canonical keys; empty: all of it. */
  readonly keys: readonly string[];
  /** Lower case, no full stop. */
  readonly message: string;
  readonly suggestion?: string;
}

export interface LintInput {
  /** The effective set, disabled policies included. */
  readonly policies: readonly Policy[];
  readonly clients: KnownClients;
  /** How many pairs of rules the check may still compare. */
  readonly comparisons: ComparisonBudget;
}

/** A check that compares rules with rules spends it, so that no set of policies costs a square. */
export interface ComparisonBudget {
  /** @returns False when nothing is left: then stop. */
  spend(): boolean;
}

/** A row of the table of checks. */
export interface LintCheck extends CheckInfo {
  /** Yields undefined now and then, so that a long search can be interrupted. */
  readonly find: (input: LintInput) => Iterable<LintFinding | undefined>;
}

/** What a check of one rule says, beside the place. */
export type RuleFinding = Omit<LintFinding, "policyId" | "ruleIndex">;

/** Looks at every rule by itself. Disabled ones too: enabling them must not be a surprise. */
export function perRule(
  find: (rule: Rule, policy: Policy, input: LintInput) => Iterable<RuleFinding>,
): LintCheck["find"] {
  return function* (input) {
    for (const policy of input.policies) {
      for (const rule of policy.rules) {
        yield undefined;
        for (const finding of find(rule, policy, input)) {
          yield { policyId: policy.id, ruleIndex: rule.index, ...finding };
        }
      }
    }
  };
}
