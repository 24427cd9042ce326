import type { PolicyIssue } from "../application/ports/policy-source.js";
import type { CheckInfo } from "../core/lint/finding.js";

const LEVEL = { error: "error", warning: "warning", info: "note" } as const;

/**
 * The issues for code scanning.
 *
 * @see SARIF 2.1.0 (OASIS). Lines and columns count from 1, columns in UTF-16 units.
 */
export function issuesAsSarif(
  issues: readonly PolicyIssue[],
  checks: readonly CheckInfo[],
): string {
  const rules = checks.map(({ id, severity, says, fix }) => ({
    id,
    shortDescription: { text: sentence(says) },
    help: { text: sentence(fix) },
    defaultConfiguration: { level: LEVEL[severity] },
  }));
  const driver = { name: "flopynet-policy", rules };
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver },
        columnKind: "utf16CodeUnits",
        results: issues.map((issue) => resultOf(issue, checks)),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

function resultOf(issue: PolicyIssue, checks: readonly CheckInfo[]): object {
  const { severity, file, line, column, path, message, suggestion, check } = issue;
  const ruleIndex = checks.findIndex(({ id }) => id === check);
  const region =
    line === undefined ? {} : { region: { startLine: line, startColumn: column ?? 1 } };
  return {
    ...(check === undefined ? {} : { ruleId: check }),
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    level: LEVEL[severity],
    message: { text: sentence(suggestion === undefined ? message : `${message} (${suggestion})`) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region },
        ...(path === "" ? {} : { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
  };
}

/** A path as a URI reference: relative stays relative, so that it is found in a checkout. */
function uriOf(file: string): string {
  const path = file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${path}` : path;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
