// Which tests must find the mutants of which files. Few tests per file, because every mutant costs
// a run of all that reach it, and because a file's own tests should hold it, not its users' tests.

export const MINIMUM_SCORE = 85; // Per cent of the mutants of all files together.

const GROUPS = {
  texts: {
    files: "address nearest parsed port-set protocol quoted request sort-steps values verbs",
    tests:
      "address condition-steps nearest port-set protocol quoted request sort-steps values verbs",
  },
  targets: {
    files: "connection-violations context-violations parse-target-field target",
    tests: "connection-violations context-violations parse-target-field target",
  },
  conditions: {
    files: "condition condition-failure condition-operators evaluate-condition steps",
    tests:
      "condition-operators condition-steps evaluate-condition evaluate-condition.property " +
      "reference-evaluator steps",
  },
  decisions: {
    files:
      "append combine-policies combining decide decision evaluate-policy evaluate-rule explain finish " +
      "obligations policy policy-types reason reference-evaluator rule-ref snapshot type-policies",
    tests:
      "combining evaluate-rule explain finish obligations order-does-not-matter.property " +
      "reference-evaluator snapshot",
  },
  index: {
    files:
      "bit-bucket index-dimension index-entry index-keys index-node ordinal-set prefix-table rule-index",
    // Not the property that compares it with the reference: seconds, for every mutant that is missed.
    tests: "bit-bucket index-entry index-keys index-node ordinal-set rule-index",
  },
  advice: {
    files: "candidate-changes comparison-values counterfactual nearest-rule",
    tests:
      "candidate-changes counterfactual counterfactual-bounds counterfactual.property nearest-rule",
  },
  lint: {
    files:
      "lint/check-conditions lint/check-targets lint/check-trust lint/check-values lint/compare-rules " +
      "lint/condition-bounds lint/condition-outcomes lint/condition-parts lint/finding lint/known-clients lint/lint " +
      "lint/lint-checks lint/lookalike lint/target-buckets lint/target-relation",
    // Not its properties: a second each, for every mutant that is missed.
    tests:
      "lint/condition-outcomes lint/known-clients lint/lint-checks lint/lint-cost " +
      "lint/lint-messages lint/lint-silence lint/lookalike lint/target-buckets lint/target-relation",
  },
  "trust-policies": {
    files:
      "decide-trust explain-trust-rules trust-attributes trust-parameters " +
      "trust-policy trust-reason",
    tests:
      "decide-trust decide-trust.property explain-trust-rules trust-attributes trust-parameters " +
      "trust-policy trust-reason",
  },
  "trust-evidence": {
    files: inTrust(
      "accumulator client-reading client-record evidence parameters trust-model trust-reading",
    ),
    tests:
      inTrust("accumulator client-reading client-record evidence trust-model") +
      " docs/trust-parameters",
  },
  "trust-states": {
    files: inTrust("trust-rules trust-state"),
    tests: inTrust("trust-state"),
  },
  "trust-memory": {
    files: inTrust(
      "lateness-window name-table number-set payload-digest record-pages round-book sorted-numbers",
    ),
    tests: inTrust("compact-state payload-digest round-book"),
  },
  "trust-door": {
    files: inTrust("admission door-round observation observation-door registrations"),
    tests: inTrust("observation-door"),
  },
  "trust-fold": {
    files: inTrust(
      "client-states close-round explain-trust fold fold-data fold-item fold-step identities refold-client " +
        "round-alerts state-changes trust-explanation trust-fold trust-snapshot",
    ),
    tests: inTrust(
      "cohort-and-alerts explain-trust fold fold-kept fold-told identities identity " +
        "reporters-and-lateness violations",
    ),
  },
  "trust-simulation": {
    files: inTrust("simulate simulate-clients simulate-profiles simulate-random simulate-summary"),
    tests: inTrust("simulate simulate-federation"),
  },
};

/** Names within the folder of trust. */
function inTrust(names) {
  return names
    .split(" ")
    .map((name) => `trust/${name}`)
    .join(" ");
}

/** @type {ReadonlyMap<string, { files: string[], tests: string[], report: string }>} */
export const MUTATION_GROUPS = new Map(
  Object.entries(GROUPS).map(([name, { files, tests }]) => [
    name,
    {
      files: files.split(" ").map((file) => `src/core/${file}.ts`),
      tests: tests.split(" ").map(testFile),
      report: `reports/mutation/${name}.json`,
    },
  ]),
);

/** A test of core, or of a page of the documentation that is held to core. */
function testFile(name) {
  return name.startsWith("docs/") ? `test/${name}.test.ts` : `test/core/${name}.test.ts`;
}

/** The group that the environment variable `MUTATION_GROUP` names. */
export function chosenGroup() {
  const name = process.env.MUTATION_GROUP ?? "";
  const group = MUTATION_GROUPS.get(name);
  if (!group) throw new Error(`MUTATION_GROUP: no group \`${name}\`; start with npm run mutation`);
  return group;
}
