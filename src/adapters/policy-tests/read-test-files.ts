import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PolicyTestCase } from "../../application/test-policies.js";
import { parseTestFile } from "./parse-test-file.js";

/** How often a watched folder is listed. */
const LIST_MS = 500;

/** The `.yaml` and `.yml` files under `folder`, at any depth, in the order of their paths. */
export async function listTestFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => /\.ya?ml$/i.test(name) && !name.includes("node_modules"))
    .toSorted()
    .map((name) => join(folder, name));
}

export interface ReadTests {
  readonly cases: readonly PolicyTestCase[];
  /** `file:line:column: message`, of every file; with any of them the cases are not complete. */
  readonly problems: readonly string[];
}

/** Reads every case of the files. Never throws. */
export async function readTestFiles(files: readonly string[]): Promise<ReadTests> {
  const cases: PolicyTestCase[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      const parsed = parseTestFile(file, await readFile(file, "utf8"));
      if (parsed.ok) cases.push(...parsed.cases);
      else problems.push(...parsed.problems);
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { cases, problems };
}

/**
 * Calls `onChange` when a file of tests appears or goes. What stands in them is for others to watch.
 *
 * @returns A function that stops; until then the process stays alive.
 */
export function watchTestFolder(
  folder: string,
  files: readonly string[],
  onChange: () => void,
): () => void {
  const timer = setInterval(() => {
    void listTestFiles(folder)
      .catch(() => [])
      .then((now) => {
        if (now.join("\n") !== files.join("\n")) onChange();
      });
  }, LIST_MS);
  return () => clearInterval(timer);
}
