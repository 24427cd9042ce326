import {
  alwaysTrue,
  createUnquotedWords,
  neverTrue,
  protocolInOneCase,
  textThresholds,
  unknownClientNames,
} from "./check-conditions.js";
import {
  deadWildcards,
  deceptiveNames,
  neverMatches,
  shadowingParameters,
  unknownComponents,
  unreachableDenies,
  unsentAttributes,
} from "./check-targets.js";
import { equalPriorityConflicts, shadowedRules } from "./compare-rules.js";
import { type LintCheck, type LintFinding, type LintInput, perRule } from "./finding.js";

/** THE table of what is legal and probably not meant. The last row must see what the others spent. */
export const LINT_CHECKS: readonly LintCheck[] = [
  {
    id: "never-matches",
    severity: "warning",
    says: "two fields of a match have no value in common, so the rule never matches",
    example: '{"src_ip": "10.0.0.1", "src_ip_range": "10.0.1.1-10.0.1.9"}',
    fix: "keep one of the two",
    find: perRule(neverMatches),
  },
  {
    id: "condition-never-true",
    severity: "warning",
    says: "a condition is false, or fails, on every request",
    example: '"condition": "current_hour >= 22 AND current_hour <= 6"',
    fix: "mend it (here: OR), or remove the rule",
    find: perRule(neverTrue),
  },
  {
    id: "condition-always-true",
    severity: "info",
    says: "a condition is true on every request",
    example: '"condition": "1 < 2"',
    fix: "leave it out",
    find: perRule(alwaysTrue),
  },
  {
    id: "text-threshold",
    severity: "warning",
    says: "an ordering has a text on one side, and two texts have no order",
    example: '"condition": "score < limit", "parameters": {"limit": "0.3"}',
    fix: "write the number without quotes",
    find: perRule(textThresholds),
  },
  {
    id: "shadowed-rule",
    severity: "warning",
    says: "an earlier rule without condition answers every request that this one matches",
    example: "",
    fix: "move it before the other, narrow the other, or remove it",
    find: shadowedRules,
  },
  {
    id: "equal-priority",
    severity: "warning",
    says: "two policies of one type and priority say the opposite of one request, and deny wins",
    example: "",
    fix: "give one of the policies a higher priority",
    find: equalPriorityConflicts,
  },
  {
    id: "unreachable-deny",
    severity: "warning",
    says: "a deny rule waits for a component, an operation or an attribute that no known client has",
    example: '{"action": "deny", "match": {"src_type": "fl_client"}}',
    fix: "write the name that the clients send, or extend the list with --clients",
    find: perRule(unreachableDenies),
  },
  {
    id: "unknown-component",
    severity: "info",
    says: "a rule that does not deny waits for a component type that no known component has",
    example: '{"action": "allow", "match": {"dst_type": "fl_server"}}',
    fix: "write the name that the components have, or extend the list with --clients",
    find: perRule(unknownComponents),
  },
  {
    id: "unsent-attribute",
    severity: "info",
    says: "a rule reads an attribute that no known client sends with this type of policy",
    example: '"condition": "model_size_mb > 500"',
    fix: "write the name that the clients send, or extend the list with --clients",
    find: unsentAttributes,
  },
  {
    id: "unknown-client-name",
    severity: "warning",
    says: "a name under `client.` is none that the engine knows of a client",
    example: '"condition": "client.trust_scor < 0.3"',
    fix: "write the name that is suggested",
    find: perRule(unknownClientNames),
  },
  {
    id: "unquoted-text",
    severity: "warning",
    says: "a bare word that no attribute and no parameter has stands where a text was probably meant",
    example: '"condition": "status == active"',
    fix: "quote it: `status == 'active'`",
    find: (input: LintInput): Iterable<LintFinding> => perRule(createUnquotedWords(input))(input),
  },
  {
    id: "protocol-case",
    severity: "warning",
    says: "a condition compares `protocol`, which it sees in the case that the caller wrote",
    example: '"condition": "protocol == \'TCP\'"',
    fix: "write it in `match`, where the case does not count",
    find: perRule(protocolInOneCase),
  },
  {
    id: "dead-wildcard",
    severity: "warning",
    says: "a text looks like a pattern and is compared as it is, or a wildcard swallows its list",
    example: '{"client_id": "edge-*"}',
    fix: "list the values, use a condition, or write `any`",
    find: perRule(deadWildcards),
  },
  {
    id: "shadowing-parameter",
    severity: "warning",
    says: "a parameter has the name of an attribute of the match, and hides it from the condition",
    example: '"match": {"operation": "train"}, "parameters": {"operation": "x"}',
    fix: "rename the parameter",
    find: perRule(shadowingParameters),
  },
  {
    id: "deceptive-name",
    severity: "warning",
    says: "a policy type, a key of a match or a component type has letters that only look right",
    example: '{"src_type": "fl-\\u0441lient"}',
    fix: "type the name again",
    find: deceptiveNames,
  },
  {
    id: "lint-incomplete",
    severity: "info",
    says: "there are too many rules of one kind to compare each with each",
    example: "",
    fix: "lint parts of the set by themselves",
    find: incomplete,
  },
];

function* incomplete({ policies, comparisons }: LintInput): Iterable<LintFinding> {
  const [first] = policies;
  if (!comparisons.isExhausted || first === undefined) return;
  yield {
    ...{ policyId: first.id, keys: [] },
    message:
      "too many rules to compare each with each: some were not looked at for shadowed-rule and equal-priority",
  };
}
