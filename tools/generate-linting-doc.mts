import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LOAD_CHECKS } from "../src/adapters/policy-files/load-checks.js";
import type { CheckInfo } from "../src/core/lint/finding.js";
import { LINT_INCOMPLETE } from "../src/core/lint/lint.js";
import { LINT_CHECKS } from "../src/core/lint/lint-checks.js";

const DOC = fileURLToPath(new URL("../docs/linting.md", import.meta.url));

/** The text of docs/linting.md, from the tables of checks. */
export function lintingDoc(): string {
  return `<!-- Generated from the tables of checks by \`npm run generate\`. Do not edit. -->

# Linting policies

\`\`\`sh
npx flopynet-policy lint policies/policies.json
\`\`\`

says everything that is wrong, or probably wrong, with policy files: file, line, column, what, and what to write
instead. Nothing is loaded and no engine is needed. A file may also hold one policy alone, as \`policies apply\` takes
it. Several files are looked at independently; a
\`default_policies.json\` beside a file is read with it, as the engine does, unless \`--no-defaults\` is given.

| option | meaning |
| --- | --- |
| \`--strict\` | exit 1 when there are warnings |
| \`--format text\\|json\\|sarif\` | for people, for scripts, for code scanning (SARIF 2.1.0) |
| \`--no-defaults\` | leave \`default_policies.json\` out |
| \`--clients FILE\` | what your components send, see below |

Policy functions are those of \`POLICY_FUNCTIONS_DIR\`, as in the engine.

Exit code 0: no error; 1: warnings, with \`--strict\`; 2: errors, or wrong usage. Infos never change it.

The same issues come from a running engine: \`ValidatePolicies\` (gRPC), \`POST /v1/policies:validate\` (REST) with
\`document\` (the text of a file) or \`policies\`.

## Errors

An error refuses the whole set: the engine keeps the last good one.

${table(LOAD_CHECKS.filter(({ severity }) => severity === "error"))}

## What loading warns about

The engine's log says these too of every file that it loads, and of what a change through the API puts. Of a change the log
also says the warnings of the next table: nobody runs the linter over it.

${table(LOAD_CHECKS.filter(({ severity }) => severity !== "error"))}

## What the linter adds

${table([...LINT_CHECKS, LINT_INCOMPLETE])}

Rules are compared with each other only where it can matter: \`shadowed-rule\` in \`network_security\` and in policies
with \`"combining": "FIRST_APPLICABLE"\`, \`equal-priority\` between policies of one type. A condition is never
guessed at: a rule with one shadows nothing.

## What your components send

\`unreachable-deny\`, \`unknown-component\`, \`unsent-attribute\` and \`unquoted-text\` know what FLOPY-NET 1.0 sends.
\`--clients FILE\` adds to it: \`component_types\` are added, and a policy type that is named replaces the row of that
name.

\`\`\`json
{
  "component_types": ["edge-gateway"],
  "policy_types": {
    "fl_client_training": { "attributes": ["client_id", "operation", "battery"], "operations": ["model_training"] }
  }
}
\`\`\`

Without \`operations\` any operation is taken for granted. A policy type that is in no list is not judged.

A running engine (\`ValidatePolicies\`) knows what FLOPY-NET 1.0 sends and no more: what it says of components of your
own are warnings and infos, which refuse nothing. Where policies are kept in version control, lint them there with
\`--clients\`.

## In an editor

\`policies/policy.schema.json\` is the JSON Schema of policy files, made from the schema that the engine itself reads
with; a running engine serves it at \`GET /v1/policySchema\`. A file that names it gets completion, descriptions and
marks for what is refused:

\`\`\`json
{ "$schema": "./policy.schema.json", "version": 1, "policies": {} }
\`\`\`
`;
}

function table(checks: readonly CheckInfo[]): string {
  return [
    "| check | severity | what | example | what to do |",
    "| --- | --- | --- | --- | --- |",
    ...checks.map(
      ({ id, severity, says, example, fix }) =>
        `| ${[`\`${id}\``, severity, says, code(example), fix].map(cell).join(" | ")} |`,
    ),
  ].join("\n");
}

function code(example: string): string {
  return example === "" ? "" : `\`${example}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOC, lintingDoc());
