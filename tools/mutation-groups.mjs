// Which tests must find the mutants of which files. Few tests per file, because every mutant costs
// a run of all that reach it, and because a file's own tests should hold it, not its users' tests.

import { readdirSync } from "node:fs";

export const MINIMUM_SCORE = 85; // Per cent of the mutants of all files together.

const GROUPS = {
  texts: {
    files: "address nearest parsed port-set protocol quoted request values verbs",
    tests: "address condition-steps nearest port-set protocol quoted request values verbs",
  },
  targets: {
    files: "connection-violations context-violations parse-target-field target",
    tests: "connection-violations context-violations parse-target-field target",
  },
  conditions: {
    files: "condition condition-failure condition-operators evaluate-condition steps",
    tests:
      "condition-operators condition-steps evaluate-condition evaluate-condition.property " +
      "reference-evaluator",
  },
  decisions: {
    files:
      "append combine-policies combining decide decision evaluate-policy evaluate-rule explain " +
      "obligations policy policy-types reason reference-evaluator rule-ref snapshot type-policies",
    tests:
      "combining evaluate-rule explain obligations order-does-not-matter.property " +
      "reference-evaluator snapshot",
  },
  index: {
    files:
      "bit-bucket index-dimension index-entry index-keys index-node ordinal-set prefix-table rule-index",
    // Not the property that compares it with the reference: seconds, for every mutant that is missed.
    tests: "rule-index",
  },
  advice: {
    files: "candidate-changes comparison-values counterfactual nearest-rule",
    tests: "candidate-changes counterfactual counterfactual.property nearest-rule",
  },
  lint: {
    files:
      "lint/check-conditions lint/check-targets lint/compare-rules lint/condition-bounds " +
      "lint/condition-outcomes lint/condition-parts lint/finding lint/known-clients lint/lint " +
      "lint/lint-checks lint/lookalike lint/target-buckets lint/target-relation",
    // Not its properties: a second each, for every mutant that is missed.
    tests:
      "lint/condition-outcomes lint/known-clients lint/lint-checks lint/lint-cost " +
      "lint/lint-messages lint/lint-silence lint/lookalike lint/target-buckets lint/target-relation",
  },
  trust: {
    files: `decide-trust trust-attributes trust-policy ${namesIn("src/core/trust", ".ts")}`,
    tests: namesIn("test/core/trust", ".test.ts"),
  },
};

/** Every file of a folder that belongs together. */
function namesIn(folder, ending) {
  return readdirSync(new URL(`../${folder}`, import.meta.url))
    .filter((name) => name.endsWith(ending))
    .map((name) => `trust/${name.slice(0, -ending.length)}`)
    .join(" ");
}

/** @type {ReadonlyMap<string, { files: string[], tests: string[], report: string }>} */
export const MUTATION_GROUPS = new Map(
  Object.entries(GROUPS).map(([name, { files, tests }]) => [
    name,
    {
      files: files.split(" ").map((file) => `src/core/${file}.ts`),
      tests: tests.split(" ").map((test) => `test/core/${test}.test.ts`),
      report: `reports/mutation/${name}.json`,
    },
  ]),
);

/** The group that the environment variable `MUTATION_GROUP` names. */
export function chosenGroup() {
  const name = process.env.MUTATION_GROUP ?? "";
  const group = MUTATION_GROUPS.get(name);
  if (!group) throw new Error(`MUTATION_GROUP: no group \`${name}\`; start with npm run mutation`);
  return group;
}
