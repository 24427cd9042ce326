import { append } from "./append.js";
import { denyOverrides, type Outcome, permitOverrides } from "./combining.js";
import { candidateOutcome } from "./evaluate-rule.js";
import type { CombiningAlgorithm, OnError, Policy, Rule } from "./policy.js";
import { type PolicyTypeRow, TRUST_ROW } from "./policy-types.js";
import type { AccessRequest } from "./request.js";
import { lookUp } from "./values.js";

/** The rules of one policy that have to be asked: enabled, and their target holds. In file order. */
export interface PolicyCandidates {
  readonly policy: Policy;
  readonly rules: Iterable<Rule>;
}

/** A rule that was reached and could not be evaluated. */
export interface ErringRule {
  readonly rule: Rule;
  readonly message: string;
  readonly missingAttributes: readonly string[];
}

/** What one policy says about one request, and by which rules. */
export interface PolicyEvaluation {
  readonly policy: Policy;
  readonly outcome: Outcome;
  /** The rules that made the outcome, in file order; empty when it is not applicable. */
  readonly determining: readonly Rule[];
  /** Every rule that was reached and applied, of any verb class, in file order. */
  readonly applied: readonly Rule[];
  /** Every rule that was reached and erred, of any verb class, in file order. */
  readonly erring: readonly ErringRule[];
  /** How many rules, from the first, were reached. */
  readonly reachedRules: number;
}

/**
 * Asks the candidates of one policy in file order and combines them by its algorithm (that of its type
 * where it names none). A first-applicable policy stops at the rule that settles it; the others reach
 * every rule. Only allow- and deny-class rules take part in the outcome.
 */
export function evaluatePolicy(
  { policy, rules }: PolicyCandidates,
  request: AccessRequest,
  row: PolicyTypeRow,
): PolicyEvaluation {
  const combining = policy.combining ?? row.combining;
  let applied: Rule[] = [];
  let erring: ErringRule[] = [];
  let voters: Rule[] = [];
  let votes: Outcome[] = [];
  let reachedRules = policy.rules.length;
  for (const rule of rules) {
    const outcome = candidateOutcome(rule, request);
    if (outcome.kind === "not_applicable") continue;
    if (outcome.kind === "applied") {
      applied = append(applied, rule);
    } else {
      const { message, missingAttributes } = outcome;
      erring = append(erring, { rule, message, missingAttributes });
    }
    const vote = voteOf(rule, outcome.kind, combining, onErrorOf(rule, policy, request, row));
    if (vote === undefined) continue;
    voters = append(voters, rule);
    votes = append(votes, vote);
    if (combining === "first-applicable") {
      reachedRules = rule.index + 1;
      break;
    }
  }
  const outcome = combine(combining, votes);
  return {
    policy,
    outcome,
    determining: votes.every((vote) => vote === outcome)
      ? voters
      : voters.filter((_, index) => votes[index] === outcome),
    applied,
    erring,
    reachedRules,
  };
}

/**
 * What a rule that applied or erred brings into the combination; undefined for one that does not take
 * part. An erring allow rule counts only where it could have ended the walk (first-applicable).
 */
function voteOf(
  rule: Rule,
  kind: "applied" | "error",
  combining: CombiningAlgorithm,
  onError: OnError,
): Outcome | undefined {
  if (rule.verbClass !== "allow" && rule.verbClass !== "deny") return undefined;
  if (kind === "applied") return rule.verbClass === "allow" ? "permit" : "deny";
  if (onError === "skip") return undefined;
  return rule.verbClass === "deny" || combining === "first-applicable" ? "error" : undefined;
}

/** The policy's own word first; then a trust rule of `security` is strict once a client is named. */
function onErrorOf(
  rule: Rule,
  policy: Policy,
  request: AccessRequest,
  row: PolicyTypeRow,
): OnError {
  if (policy.onError !== undefined) return policy.onError;
  const strict =
    policy.type === "security" &&
    rule.isTrustRule &&
    lookUp(request.attributes, ["client_id"]) !== undefined;
  return strict ? TRUST_ROW.onError : row.onError;
}

const ALGORITHMS: Readonly<Record<CombiningAlgorithm, (votes: readonly Outcome[]) => Outcome>> = {
  "first-applicable": ([first = "not_applicable"]) => first,
  "deny-overrides": denyOverrides,
  "permit-overrides": permitOverrides,
};
const ALGORITHM_BY_NAME = new Map(Object.entries(ALGORITHMS));

function combine(combining: CombiningAlgorithm, votes: readonly Outcome[]): Outcome {
  // What is no algorithm, against all types, must let nothing through.
  return ALGORITHM_BY_NAME.get(combining)?.(votes) ?? "error";
}
