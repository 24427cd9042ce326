import type { TestReport } from "../application/test-policies.js";
import { type ReportFormat, testReport } from "./render-test-report.js";

/** What the operator wrote; every option is text as given. */
export interface TestOptions {
  readonly format: ReportFormat;
  /** The report goes here, and the text for people to standard output. */
  readonly output?: string;
  /** Least coverage of rules, 0 to 100. */
  readonly coverageThreshold?: string;
  readonly watch?: boolean;
}

/** A problem is one or more lines for a person. */
export type Tested =
  | {
      readonly ok: true;
      readonly report: TestReport;
      /** Where cases or policies stand. */ readonly files: readonly string[];
    }
  | { readonly ok: false; readonly problem: string; readonly files: readonly string[] };

export interface TestDeps {
  /** Reads policies and cases afresh, and asks every case. */
  readonly runTests: () => Promise<Tested>;
  /** Resolves when something of the files may have changed; false: there is no more to wait for. */
  readonly changed: (files: readonly string[]) => Promise<boolean>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** @throws {Error} If the file cannot be written. */
  readonly writeFile: (path: string, text: string) => void;
}

/** 0 passed, 1 a case failed or too few rules were reached, 2 bad input or usage. */
export type TestExitCode = 0 | 1 | 2;

/** `flopynet-policy test`: asks every case, and says which failed and which rules none reached. */
export async function runTest(options: TestOptions, deps: TestDeps): Promise<TestExitCode> {
  const threshold = thresholdOf(options.coverageThreshold);
  if (typeof threshold === "string") {
    deps.writeError(threshold);
    return 2;
  }
  for (;;) {
    const tested = await deps.runTests();
    const exitCode = conclude(tested, threshold, options, deps);
    if (options.watch !== true || !(await deps.changed(tested.files))) return exitCode;
  }
}

function conclude(
  tested: Tested,
  threshold: number | undefined,
  { format, output }: TestOptions,
  { write, writeError, writeFile }: TestDeps,
): TestExitCode {
  if (!tested.ok) {
    writeError(tested.problem);
    return 2;
  }
  const { report } = tested;
  const limit = threshold === undefined ? {} : { threshold };
  if (output === undefined) write(testReport(report, format, limit));
  else {
    try {
      writeFile(output, `${testReport(report, format, limit)}\n`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      writeError(`--output ${output} cannot be written: ${why}`);
      return 2;
    }
    write(testReport(report, "text", limit));
  }
  const failed = report.results.some(({ problems }) => problems.length > 0);
  return failed || report.coverage.percent < (threshold ?? 0) ? 1 : 0;
}

function thresholdOf(text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined;
  const percent = /^\d{1,3}(?:\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  return percent >= 0 && percent <= 100
    ? percent
    : `--coverage-threshold must be a percentage from 0 to 100, got \`${text}\``;
}
