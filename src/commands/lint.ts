import type { PolicyIssue } from "../application/ports/policy-source.js";
import type { CheckInfo } from "../core/lint/finding.js";
import { issuesAsJson, issuesAsText } from "./render-issues.js";
import { issuesAsSarif } from "./render-sarif.js";

export interface LintOptions {
  /** Warnings make exit code 1. */
  readonly strict?: boolean;
  /** Whether `default_policies.json` beside a file is read with it. */
  readonly defaults: boolean;
  readonly format: "text" | "json" | "sarif";
}

export interface LintDeps {
  /** Everything that is wrong with one file, or why it cannot be linted at all. */
  readonly lintFile: (
    file: string,
    options: { readonly withDefaults: boolean },
  ) => Promise<readonly PolicyIssue[]>;
  readonly isFolder: (path: string) => boolean;
  /** Every check there is: rules of SARIF. */
  readonly checks: readonly CheckInfo[];
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** 0 no error, 1 warnings with `--strict`, 2 errors or usage. */
export type LintExitCode = 0 | 1 | 2;

/** `flopynet-policy lint`: each file by itself, every issue once, and an exit code for scripts. */
export async function runLint(
  files: readonly string[],
  options: LintOptions,
  deps: LintDeps,
): Promise<LintExitCode> {
  const folder = files.find(deps.isFolder);
  if (folder !== undefined) {
    deps.writeError(
      `\`${folder}\` is a folder: name the files, such as \`${folder.replace(/\/$/, "")}/policies.json\``,
    );
    return 2;
  }
  const found: PolicyIssue[] = [];
  for (const file of files) {
    found.push(...(await deps.lintFile(file, { withDefaults: options.defaults })));
  }
  const issues = withoutDuplicates(found);
  deps.write(rendered(issues, files, options.format, deps.checks));
  if (issues.some(({ severity }) => severity === "error")) return 2;
  const hasWarnings = issues.some(({ severity }) => severity === "warning");
  return hasWarnings && options.strict === true ? 1 : 0;
}

function rendered(
  issues: readonly PolicyIssue[],
  files: readonly string[],
  format: LintOptions["format"],
  checks: readonly CheckInfo[],
): string {
  switch (format) {
    case "text":
      return issuesAsText(issues, files.length);
    case "json":
      return issuesAsJson(issues);
    case "sarif":
      return issuesAsSarif(issues, checks);
  }
}

// The defaults beside two files are read twice, and told once.
function withoutDuplicates(issues: readonly PolicyIssue[]): readonly PolicyIssue[] {
  const told = new Map(issues.map((issue) => [JSON.stringify(issue), issue]));
  return [...told.values()];
}
