import type { PolicyIssue } from "../application/ports/policy-source.js";

/** Issues by file, a line each, and how many there are. */
export function issuesAsText(issues: readonly PolicyIssue[], fileCount: number): string {
  const files = [...new Set(issues.map(({ file }) => file))];
  const groups = files.map((name) =>
    issues
      .filter(({ file }) => file === name)
      .map(lineOf)
      .join("\n"),
  );
  return [...groups, summary(issues, fileCount)].join("\n\n");
}

/** One object, for scripts: `issues` as found, and `summary` by severity. */
export function issuesAsJson(issues: readonly PolicyIssue[]): string {
  const { errors, warnings, infos } = counts(issues);
  return JSON.stringify({ issues, summary: { errors, warnings, infos } }, null, 2);
}

/** `file:line:column: severity: path: message (suggestion) [check]`. */
function lineOf({
  file,
  line,
  column,
  severity,
  path,
  message,
  suggestion,
  check,
}: PolicyIssue): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const where = path === "" ? "" : `${path}: `;
  const fix = suggestion === undefined ? "" : ` (${suggestion})`;
  return `${place}: ${severity}: ${where}${message}${fix}${check === undefined ? "" : ` [${check}]`}`;
}

function summary(issues: readonly PolicyIssue[], fileCount: number): string {
  const { errors, warnings, infos } = counts(issues);
  const found = [
    counted(errors, "error"),
    counted(warnings, "warning"),
    ...(infos === 0 ? [] : [counted(infos, "info")]),
  ];
  return `${counted(fileCount, "file")}: ${found.join(", ")}`;
}

function counts(issues: readonly PolicyIssue[]): {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
} {
  const of = (wanted: PolicyIssue["severity"]): number =>
    issues.filter(({ severity }) => severity === wanted).length;
  return { errors: of("error"), warnings: of("warning"), infos: of("info") };
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
