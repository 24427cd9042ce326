import { setTimeout as sleep } from "node:timers/promises";
import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import type {
  PolicyIssue,
  PolicyLoad,
  PolicySource,
} from "../../application/ports/policy-source.js";
import type { Log } from "../../application/ports/log.js";
import {
  digestOfFunctions,
  type FunctionsContent,
  readFunctionsFolder,
} from "./functions-folder.js";
import { decodeFunctions, decodeTexts, defaultsBeside } from "./policy-texts.js";
import { digestOf, type FileContent, joinDigests, readFileContent } from "./read-file-content.js";
import { fileIssue, policySetSteps } from "./read-policy-set.js";
import { finishInSlices } from "./run-steps.js";
import { createIgnoredFilesTeller } from "./tell-ignored-files.js";
import { watchPolicyFiles } from "./watch-policy-files.js";

const READ_ATTEMPTS = 10;
const READ_AGAIN_MS = 20;

export interface PolicyFileSourceDeps {
  /** The main file; `default_policies.json` beside it loads first, where there is one. */
  readonly file: string;
  readonly conditionCompiler: ConditionCompiler;
  /** False: without the main file the defaults alone are the set. Default true: it is an error. */
  readonly requireFile?: boolean;
  /**
   * Where policy functions are, one in a file. A folder that is missing has none: a condition that
   * calls one is refused then, so that nothing is decided without it.
   */
  readonly functions?: { readonly folder: string; readonly log: Log };
}

/** What whoever writes the main file has to know of it. */
export interface PolicyFileSource extends PolicySource {
  /** What stood in the files when they were last a good set; undefined before. */
  loaded(): PolicyFileContents | undefined;
  /** What stands in them now, read until it stands still. */
  read(): Promise<PolicyFileContents>;
  digestOf(contents: PolicyFileContents): string;
  /** The set that files with these contents are. */
  setOf(contents: PolicyFileContents): Promise<PolicyLoad>;
  /** Takes `contents`, which are a good set and stand in the files now, for loaded. */
  accept(contents: PolicyFileContents): void;
}

/** Policy kept in one or two JSON files and a folder of functions, edited by people and by other programs. */
export function createPolicyFileSource({
  file,
  conditionCompiler,
  requireFile = true,
  functions,
}: PolicyFileSourceDeps): PolicyFileSource {
  const defaultsFile = defaultsBeside(file);
  const functionsFolder = functions?.folder;
  const places = { file, defaultsFile, functionsFolder };
  const tellIgnored = functions && createIgnoredFilesTeller(functions.folder, functions.log);
  let loadedDigest: string | undefined;
  let loaded: PolicyFileContents | undefined;

  function accept(contents: PolicyFileContents): void {
    loaded = contents;
    loadedDigest = digestOfAll(contents);
  }

  return {
    async load() {
      const contents = await readAll(places);
      loadedDigest = digestOfAll(contents);
      if (contents.functions) tellIgnored?.(contents.functions.listing);
      const load = await finishInSlices(loadSteps(contents));
      if (load.ok) accept(contents);
      return load;
    },
    loaded: () => loaded,
    read: () => readAll(places),
    digestOf: digestOfAll,
    setOf: (contents) => finishInSlices(loadSteps(contents)),
    accept,
    watch: (onChange) =>
      watchPolicyFiles({
        files: [file, defaultsFile],
        functionsFolder,
        loadedDigest: () => loadedDigest,
        onChange,
      }),
  };

  function* loadSteps({
    main,
    defaults,
    functions: found,
  }: PolicyFileContents): Generator<void, PolicyLoad> {
    const problems: PolicyIssue[] = [];
    if (main.state === "missing" && (requireFile || defaults.state === "missing")) {
      problems.push(
        fileIssue(file, "the POLICY_FILE is missing", "create it, or set POLICY_FILE to another"),
      );
    }
    yield;
    const { texts, issues: decoding } = decodeTexts(
      { name: file, content: main },
      { name: defaultsFile, content: defaults },
    );
    yield;
    const functionTexts = found && decodeFunctions(functionsFolder ?? "", found);
    const load = yield* policySetSteps(
      { ...texts, ...(functionTexts && { functions: functionTexts.texts }) },
      conditionCompiler,
    );
    const issues = [
      ...problems,
      ...decoding,
      ...(functionTexts?.issues ?? []),
      ...(load.ok ? load.set.issues : load.issues),
    ];
    if (!load.ok || issues.some(({ severity }) => severity === "error")) {
      return { ok: false, issues };
    }
    return { ok: true, set: { ...load.set, file, issues } };
  }
}

interface Places {
  readonly file: string;
  readonly defaultsFile: string;
  readonly functionsFolder: string | undefined;
}

/** Everything a set is read from. */
export interface PolicyFileContents {
  readonly main: FileContent;
  readonly defaults: FileContent;
  readonly functions?: FunctionsContent;
}

// All files as they stood at one moment: read until two readings agree, so that a set is never made
// of half a write, or of one file before and the other after a change.
async function readAll(places: Places): Promise<PolicyFileContents> {
  let previous = await readOnce(places);
  for (let attempt = 1; attempt < READ_ATTEMPTS; attempt++) {
    const contents = await readOnce(places);
    if (digestOfAll(contents) === digestOfAll(previous)) return contents;
    previous = contents;
    await sleep(READ_AGAIN_MS);
  }
  return previous;
}

async function readOnce({
  file,
  defaultsFile,
  functionsFolder,
}: Places): Promise<PolicyFileContents> {
  return {
    main: await readFileContent(file),
    defaults: await readFileContent(defaultsFile),
    ...(functionsFolder !== undefined && {
      functions: await readFunctionsFolder(functionsFolder),
    }),
  };
}

function digestOfAll({ main, defaults, functions }: PolicyFileContents): string {
  const digests = [digestOf(main), digestOf(defaults)];
  if (functions === undefined) return joinDigests(digests);
  const functionDigests = functions.files.map(({ content }) => digestOf(content));
  return joinDigests([...digests, digestOfFunctions(functions.listing, functionDigests)]);
}
