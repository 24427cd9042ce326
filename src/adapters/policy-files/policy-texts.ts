import { basename, dirname, join } from "node:path";
import type { PolicyText, PolicyTexts } from "../../application/ports/policy-reader.js";
import type { PolicyIssue } from "../../application/ports/policy-source.js";
import { decodePolicyFile } from "./decode-policy-file.js";
import { type FunctionsContent, readFunctionsFolder } from "./functions-folder.js";
import type { LoadCheck } from "./load-checks.js";
import { type FileContent, readFileContent } from "./read-file-content.js";
import { fileIssue } from "./read-policy-set.js";

/** Loads first, where it stands beside the main file. */
const DEFAULTS_FILE = "default_policies.json";

/** Where the defaults of a main file stand. */
export function defaultsBeside(file: string): string {
  return join(dirname(file), DEFAULTS_FILE);
}

export interface DecodedTexts {
  readonly texts: PolicyTexts;
  /** What is wrong with the files as such; with an error among them, a text is absent. */
  readonly issues: readonly PolicyIssue[];
}

/** The texts of both files. A missing one is absent, and nothing is said of it. */
export function decodeTexts(
  main: { readonly name: string; readonly content: FileContent },
  defaults: { readonly name: string; readonly content: FileContent },
): DecodedTexts {
  const issues: PolicyIssue[] = [];
  const mainText = textOf(main.name, main.content, issues);
  const defaultsText = textOf(defaults.name, defaults.content, issues);
  return {
    texts: {
      ...(mainText === undefined ? {} : { main: mainText }),
      ...(defaultsText === undefined ? {} : { defaults: defaultsText }),
    },
    issues,
  };
}

/** The texts of the policy functions in `folder`. A missing folder has none. */
export function decodeFunctions(
  folder: string,
  { listing, files }: FunctionsContent,
): { readonly texts: readonly PolicyText[]; readonly issues: readonly PolicyIssue[] } {
  const issues: PolicyIssue[] = [];
  if (listing.state === "unreadable") issues.push(fileIssue(folder, listing.why));
  const texts = files.flatMap(({ name, content }) => textOf(name, content, issues) ?? []);
  return { texts, issues };
}

/** The policy functions that stand in `folder` now. */
export async function readFunctionTexts(
  folder: string,
): Promise<ReturnType<typeof decodeFunctions>> {
  return decodeFunctions(folder, await readFunctionsFolder(folder));
}

/**
 * What the engine would read with `file` as its main file; a file of defaults is read alone, as such.
 * Total: a file that cannot be read is an issue.
 */
export async function readPolicyTexts(
  file: string,
  { withDefaults }: { readonly withDefaults: boolean },
): Promise<DecodedTexts> {
  const defaultsFile = defaultsBeside(file);
  const missing: FileContent = { state: "missing" };
  const content = await readFileContent(file);
  if (content.state === "missing") {
    return { texts: {}, issues: [fileIssue(file, "there is no such file")] };
  }
  if (basename(file) === DEFAULTS_FILE) {
    return decodeTexts({ name: file, content: missing }, { name: file, content });
  }
  const defaults = withDefaults ? await readFileContent(defaultsFile) : missing;
  return decodeTexts({ name: file, content }, { name: defaultsFile, content: defaults });
}

function textOf(name: string, content: FileContent, issues: PolicyIssue[]): PolicyText | undefined {
  if (content.state === "missing") return undefined;
  if (content.state === "unreadable") {
    issues.push(fileIssue(name, content.why));
    return undefined;
  }
  const decoded = decodePolicyFile(content.bytes);
  if (!decoded.ok) {
    issues.push({ ...fileIssue(name, decoded.message, decoded.suggestion), ...decoded.place });
    return undefined;
  }
  if (decoded.warning !== undefined) {
    const check = "byte-order-mark" satisfies LoadCheck;
    issues.push({
      ...fileIssue(name, decoded.warning, "save it without"),
      ...{ severity: "warning", check },
    });
  }
  return { name, text: decoded.text };
}
