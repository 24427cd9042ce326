import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFileDigester } from "./adapters/policy-files/file-digester.js";
import { watchPolicyFiles } from "./adapters/policy-files/watch-policy-files.js";
import {
  listTestFiles,
  readTestFiles,
  watchTestFolder,
} from "./adapters/policy-tests/read-test-files.js";
import { issueText } from "./application/errors.js";
import { testPolicies } from "./application/test-policies.js";
import { answerAsText } from "./commands/render-answer.js";
import { runTest, type Tested, type TestExitCode, type TestOptions } from "./commands/test.js";
import type { Settings } from "./config/settings.js";
import { registryOf } from "./engine.js";
import { offlineSource } from "./offline-policies.js";

export interface TestCommandDeps {
  readonly settings: Settings;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Ends a watch. */
  readonly signal?: AbortSignal;
}

/** Runs `flopynet-policy test FOLDER`: the cases of a folder against the policies in it. */
export async function runTestCommand(
  folder: string,
  options: TestOptions & { readonly policies?: string },
  { settings, write, writeError, signal }: TestCommandDeps,
): Promise<TestExitCode> {
  const source = offlineSource(options.policies ?? join(folder, "policies.json"), settings);
  let digest: string | undefined;
  return runTest(options, {
    runTests,
    changed,
    write,
    writeError,
    writeFile: (path, text) => writeFileSync(path, text),
  });

  async function runTests(): Promise<Tested> {
    let files: readonly string[];
    try {
      files = await listTestFiles(folder);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { ok: false, files: [], problem: `${folder} cannot be read: ${why}` };
    }
    digest = await createFileDigester(files, undefined)();
    const load = await source.load();
    const { cases, problems } = await readTestFiles(files);
    const errors = load.ok ? [] : load.issues.filter(({ severity }) => severity === "error");
    const wrong = [...errors.map(issueText), ...problems];
    if (files.length === 0) {
      wrong.push(`${folder} has no tests: write some into ${join(folder, "tests", "first.yaml")}`);
    }
    if (!load.ok || wrong.length > 0) return { ok: false, files, problem: wrong.join("\n") };
    const report = testPolicies(cases, {
      policies: load.set.policies.map(({ policy }) => policy),
      unknownTypeEffect: settings.UNKNOWN_POLICY_TYPE,
      timeZone: settings.ENGINE_TIME_ZONE,
      registry: registryOf(settings),
      render: answerAsText,
    });
    return { ok: true, files, report };
  }

  /** Waits for a change of the policies, of a case, or of which files of cases there are. */
  async function changed(files: readonly string[]): Promise<boolean> {
    if (signal?.aborted === true) return false;
    const stops: (() => void)[] = [];
    const isChange = await new Promise<boolean>((resolve) => {
      const onChange = () => resolve(true);
      stops.push(
        source.watch(onChange),
        watchPolicyFiles({ files, loadedDigest: () => digest, onChange }),
        watchTestFolder(folder, files, onChange),
      );
      signal?.addEventListener("abort", () => resolve(false), { once: true });
    });
    for (const stop of stops) stop();
    return isChange;
  }
}
