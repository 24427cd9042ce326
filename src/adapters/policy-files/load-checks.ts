import type { CheckInfo } from "../../core/lint/finding.js";

/** Whatever refuses a set of policies. */
export const INVALID: CheckInfo = {
  id: "invalid",
  severity: "error",
  says: "the file is not JSON, or not what the schema says, or a rule cannot be compiled",
  example: '{"action": "dney"}',
  fix: "do what the message says: the engine loads no part of such a set",
};

interface LoadWarning extends Omit<CheckInfo, "id" | "severity"> {
  readonly severity?: never;
}

// What loading warns about, in every engine; the linter says it too.
const WARNINGS = {
  "every-request": {
    says: "a rule has neither `match` nor `condition`, so it holds for every request",
    example: '{"action": "deny"}',
    fix: 'say what it is about, or `"protocol": "any"` if every request is meant',
  },
  "unknown-key": {
    says: "a key of a file or a policy is one that nobody knows: kept and ignored",
    example: '{"type": "fl_security", "priorty": 10, "rules": []}',
    fix: "write the key that is suggested, or remove it",
  },
  "reserved-id": {
    says: "the id of a policy is one that paths of the API use for something else",
    example: '{"policies": {"validate": {"type": "fl_security", "rules": []}}}',
    fix: "rename the policy",
  },
  "not-in-connection": {
    says: "a rule of `network_security` matches a key that a connection does not have",
    example: '{"dst_prt": 8080}',
    fix: "write the key that is suggested",
  },
  "host-bits": {
    says: "a CIDR has bits beyond its length, which are ignored",
    example: '{"src_ip": "10.0.0.7/24"}',
    fix: "write the network that the message names",
  },
  "sibling-parameter": {
    says: "a condition reads a name that is a parameter of another rule of the policy only",
    example: "",
    fix: "copy the parameter into the rule",
  },
  "unusual-condition": {
    says: "a condition is legal, and probably does not say what it seems to",
    example: '"condition": "1 < x < 5"',
    fix: "do what the message says",
  },
  "loses-digits": {
    says: "an integer beyond 2^53 loses digits",
    example: '{"id": 9007199254740993}',
    fix: "write it as text",
  },
  "powerless-default": {
    says: "`default_effect: PERMIT` where the type, or another policy of it, denies by default",
    example: '{"type": "network_security", "default_effect": "PERMIT", "rules": []}',
    fix: "leave it out, or write a rule that allows",
  },
  "code-never-executed": {
    says: "a policy has executable code, which is never executed: it denies with an error",
    example: '{"type": "fl_security", "function_id": "model_size"}',
    fix: "write it as rules",
  },
  "deleted-unknown": {
    says: "`deleted` names a policy that the defaults do not have, or stands in the defaults",
    example: '{"policies": {}, "deleted": ["nobody"]}',
    fix: "remove it",
  },
  "byte-order-mark": {
    says: "a file begins with a byte order mark",
    example: "",
    fix: "save it as UTF-8 without one",
  },
} as const satisfies Record<string, LoadWarning>;

/** What loading finds legal and probably not meant. */
export type LoadCheck = keyof typeof WARNINGS;

/** Everything that loading itself finds. */
export const LOAD_CHECKS: readonly CheckInfo[] = [
  INVALID,
  ...Object.entries(WARNINGS).map(([id, about]) => ({
    id,
    severity: "warning" as const,
    ...about,
  })),
];
