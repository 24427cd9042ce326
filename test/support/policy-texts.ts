import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { readPolicySet } from "../../src/adapters/policy-files/read-policy-set.js";
import type {
  LoadedPolicySet,
  PolicyIssue,
  PolicyLoad,
} from "../../src/application/ports/policy-source.js";
import type { Policy } from "../../src/core/policy.js";

const conditionCompiler = createConditionCompiler();

/** What the engine reads in a main file and, where given, the defaults beside it. */
export function readTexts(main: string, defaults?: string): PolicyLoad {
  return readPolicySet(
    {
      main: { name: "policies.json", text: main },
      ...(defaults === undefined
        ? {}
        : { defaults: { name: "default_policies.json", text: defaults } }),
    },
    conditionCompiler,
  );
}

export function issuesOf(load: PolicyLoad): readonly PolicyIssue[] {
  return load.ok ? load.set.issues : load.issues;
}

/** The set of a load that must be good. */
export function setOf(load: PolicyLoad): LoadedPolicySet {
  if (!load.ok) throw new Error(`refused: ${JSON.stringify(load.issues)}`);
  return load.set;
}

/** The only policy of a file that is nothing but `policy`, written under the key `p`. */
export function readPolicy(policy: object): Policy {
  const { policies } = setOf(readTexts(JSON.stringify({ policies: { p: policy } })));
  const [stored] = policies;
  if (stored === undefined) throw new Error("no policy was read");
  return stored.policy;
}

/** A file with one policy `p` of type `type` that has exactly these rules, given as JSON text. */
export function withRules(rules: string, type = "fl_security"): string {
  return `{"policies": {"p": {"type": "${type}", "rules": [${rules}]}}}`;
}
