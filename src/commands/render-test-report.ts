import type { TestReport, TestResult } from "../application/test-policies.js";

export type ReportFormat = "text" | "json" | "junit";

interface Limit {
  /** Least coverage, 0 to 100; absent: any will do. */
  readonly threshold?: number;
}

/** What came out, without a newline at the end. */
export function testReport(report: TestReport, format: ReportFormat, limit: Limit): string {
  switch (format) {
    case "text":
      return asText(report, limit);
    case "json":
      return asJson(report);
    case "junit":
      return asJunit(report, limit);
  }
}

function asText({ results, coverage }: TestReport, { threshold }: Limit): string {
  const failed = results.filter(isFailed);
  const { rules, unreached } = coverage;
  const reached = rules - unreached.length;
  return [
    ...failed.flatMap(({ case: { name, file, line }, problems }) => [
      `FAILED ${file}:${line}: ${name}`,
      ...problems.flatMap((problem) => problem.split("\n")).map((text) => `  ${text}`),
    ]),
    `${results.length} ${results.length === 1 ? "case" : "cases"}: ${results.length - failed.length} passed, ${failed.length} failed`,
    `${reached} of ${rules} rules reached (${percentText(coverage.percent)})`,
    ...unreached.map((rule) => `  not reached: ${rule}`),
    ...shortfall(coverage, threshold),
  ].join("\n");
}

function shortfall(coverage: TestReport["coverage"], threshold: number | undefined): string[] {
  if (threshold === undefined || coverage.percent >= threshold) return [];
  return [`FAILED coverage: at least ${threshold} % of the rules must be reached`];
}

/** Rounded down: 99.99 % is not all. */
function percentText(percent: number): string {
  return `${Math.floor(percent * 10) / 10} %`;
}

function asJson({ results, coverage }: TestReport): string {
  const failed = results.filter(isFailed).length;
  const cases = results.map(({ case: { name, file, line }, problems }) => ({
    ...{ name, file, line },
    passed: problems.length === 0,
    problems,
  }));
  return JSON.stringify({ passed: results.length - failed, failed, cases, coverage }, null, 2);
}

/** As Jenkins, GitLab and GitHub actions read it: one suite for each file. */
function asJunit({ results, coverage }: TestReport, { threshold }: Limit): string {
  const suites = new Map<string, TestResult[]>();
  for (const result of results) {
    const suite = suites.get(result.case.file);
    if (suite) suite.push(result);
    else suites.set(result.case.file, [result]);
  }
  const missing = shortfall(coverage, threshold);
  const failures = results.filter(isFailed).length + missing.length;
  const count = results.length + missing.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="flopynet-policy test" tests="${count}" failures="${failures}">`,
    ...[...suites].flatMap(([file, suite]) => [
      `  <testsuite name="${escaped(file)}" tests="${suite.length}" failures="${suite.filter(isFailed).length}">`,
      ...suite.flatMap(({ case: { name, line }, problems }) =>
        junitCase({ name, classname: file, line: String(line) }, problems),
      ),
      "  </testsuite>",
    ]),
    ...(missing.length === 0
      ? []
      : [
          '  <testsuite name="coverage" tests="1" failures="1">',
          ...junitCase({ name: "rules reached", classname: "coverage" }, [
            ...missing,
            ...coverage.unreached.map((rule) => `not reached: ${rule}`),
          ]),
          "  </testsuite>",
        ]),
    "</testsuites>",
  ].join("\n");
}

function junitCase(
  attributes: Readonly<Record<string, string>>,
  problems: readonly string[],
): string[] {
  const start = Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");
  if (problems.length === 0) return [`    <testcase${start}/>`];
  return [
    `    <testcase${start}>`,
    `      <failure message="${escaped(problems[0] ?? "")}">${escaped(problems.join("\n"))}</failure>`,
    "    </testcase>",
  ];
}

const XML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

// XML 1.0 has no other control characters and no lone surrogates, not even escaped.
const NOT_IN_XML = /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|\p{Cs}/gu;

function escaped(text: string): string {
  return text
    .replace(NOT_IN_XML, "\ufffd")
    .replace(/[&<>"\n]/g, (character) => XML[character] ?? character);
}

function isFailed({ problems }: TestResult): boolean {
  return problems.length > 0;
}
