import { setTimeout as sleep } from "node:timers/promises";
import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import type {
  PolicyIssue,
  PolicyLoad,
  PolicySource,
} from "../../application/ports/policy-source.js";
import { decodeTexts, defaultsBeside } from "./policy-texts.js";
import { digestOf, type FileContent, joinDigests, readFileContent } from "./read-file-content.js";
import { fileIssue, readPolicySet } from "./read-policy-set.js";
import { watchPolicyFiles } from "./watch-policy-files.js";

const READ_ATTEMPTS = 10;
const READ_AGAIN_MS = 20;

export interface PolicyFileSourceDeps {
  /** The main file; `default_policies.json` beside it loads first, where there is one. */
  readonly file: string;
  readonly conditionCompiler: ConditionCompiler;
  /** False: without the main file the defaults alone are the set. Default true: it is an error. */
  readonly requireFile?: boolean;
}

/** Policy kept in one or two JSON files, edited by people and by other programs. */
export function createPolicyFileSource({
  file,
  conditionCompiler,
  requireFile = true,
}: PolicyFileSourceDeps): PolicySource {
  const defaultsFile = defaultsBeside(file);
  let loadedDigest: string | undefined;

  return {
    async load() {
      const contents = await readBoth(file, defaultsFile);
      loadedDigest = digestOfBoth(contents);
      return loadContents(contents);
    },
    watch: (onChange) =>
      watchPolicyFiles({
        files: [file, defaultsFile],
        loadedDigest: () => loadedDigest,
        onChange,
      }),
  };

  function loadContents({ main, defaults }: BothContents): PolicyLoad {
    const problems: PolicyIssue[] = [];
    if (main.state === "missing" && (requireFile || defaults.state === "missing")) {
      problems.push(
        fileIssue(file, "the POLICY_FILE is missing", "create it, or set POLICY_FILE to another"),
      );
    }
    const { texts, issues: decoding } = decodeTexts(
      { name: file, content: main },
      { name: defaultsFile, content: defaults },
    );
    const load = readPolicySet(texts, conditionCompiler);
    const found = load.ok ? load.set.issues : load.issues;
    const issues = [...problems, ...decoding, ...found];
    if (!load.ok || issues.some(({ severity }) => severity === "error")) {
      return { ok: false, issues };
    }
    return { ok: true, set: { ...load.set, file, issues } };
  }
}

interface BothContents {
  readonly main: FileContent;
  readonly defaults: FileContent;
}

// Both files as they stood at one moment: read until two readings agree, so that a set is never made
// of half a write, or of one file before and the other after a change.
async function readBoth(file: string, defaultsFile: string): Promise<BothContents> {
  let previous = await readOnce(file, defaultsFile);
  for (let attempt = 1; attempt < READ_ATTEMPTS; attempt++) {
    const contents = await readOnce(file, defaultsFile);
    if (digestOfBoth(contents) === digestOfBoth(previous)) return contents;
    previous = contents;
    await sleep(READ_AGAIN_MS);
  }
  return previous;
}

async function readOnce(file: string, defaultsFile: string): Promise<BothContents> {
  return { main: await readFileContent(file), defaults: await readFileContent(defaultsFile) };
}

function digestOfBoth({ main, defaults }: BothContents): string {
  return joinDigests([digestOf(main), digestOf(defaults)]);
}
