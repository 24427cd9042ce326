import { readFileSync, statSync } from "node:fs";
import { createConditionCompiler } from "./adapters/cel/compile-condition.js";
import { LOAD_CHECKS } from "./adapters/policy-files/load-checks.js";
import { createPolicyReader } from "./adapters/policy-files/policy-reader.js";
import { readFunctionTexts, readPolicyTexts } from "./adapters/policy-files/policy-texts.js";
import { createSystemClock } from "./adapters/system/clock.js";
import { createPolicyValidation } from "./application/validate-policies.js";
import { type LintDeps, type LintExitCode, type LintOptions, runLint } from "./commands/lint.js";
import { extendClients } from "./commands/read-clients.js";
import { asPolicyFile, inWritten } from "./commands/single-policy.js";
import { FLOPYNET_CLIENTS, type KnownClients } from "./core/lint/known-clients.js";
import { LINT_INCOMPLETE } from "./core/lint/lint.js";
import { LINT_CHECKS } from "./core/lint/lint-checks.js";

/** `flopynet-policy lint`, composed. @returns The exit code. */
export async function runLintCommand(
  files: readonly string[],
  options: LintOptions & {
    /** A file of `--clients`. */
    readonly clients?: string;
    /** POLICY_FUNCTIONS_DIR. */
    readonly functionsFolder?: string | undefined;
  },
  told: Pick<LintDeps, "write" | "writeError">,
): Promise<LintExitCode> {
  const { functionsFolder } = options;
  const clients = knownClients(options.clients);
  if (typeof clients === "string") {
    told.writeError(clients);
    return 2;
  }
  const reader = createPolicyReader({ conditionCompiler: createConditionCompiler() });
  const validation = createPolicyValidation({ reader, clients, clock: createSystemClock() });
  return runLint(files, options, {
    ...told,
    checks: [...LOAD_CHECKS, ...LINT_CHECKS, LINT_INCOMPLETE],
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    async lintFile(file, { withDefaults }) {
      const { texts, issues } = await readPolicyTexts(file, { withDefaults });
      const main = texts.main && asPolicyFile(texts.main.text);
      const functions =
        functionsFolder === undefined ? undefined : await readFunctionTexts(functionsFolder);
      const found = await validation.validateTexts({
        ...texts,
        ...(main && { main: { name: file, text: main.text } }),
        ...(functions && { functions: functions.texts }),
      });
      const placed = found.map((issue) =>
        main !== undefined && issue.file === file ? inWritten(issue, main) : issue,
      );
      return [...issues, ...(functions?.issues ?? []), ...placed];
    },
  });
}

/** What the components send, as far as is known; else what is wrong with the file. */
function knownClients(file: string | undefined): KnownClients | string {
  if (file === undefined) return FLOPYNET_CLIENTS;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return `--clients: ${error instanceof Error ? error.message : String(error)}`;
  }
  const clients = extendClients(FLOPYNET_CLIENTS, text);
  return typeof clients === "string" ? `--clients: ${file} ${clients}` : clients;
}
