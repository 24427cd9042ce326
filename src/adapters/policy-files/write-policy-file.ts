import { PdpError } from "../../application/errors.js";
import type {
  PlannedEdit,
  PolicyDocumentEdit,
  PolicyFunctionEdit,
  PolicyWriter,
} from "../../application/ports/policy-writer.js";
import type { ValueMap } from "../../core/values.js";
import { decodePolicyFile } from "./decode-policy-file.js";
import { editPolicySteps, policyDocumentSteps, versionSteps } from "./edit-policy-text.js";
import { editFunctionFile } from "./function-store.js";
import { withFunctionFile } from "./functions-folder.js";
import type { PolicyFileContents, PolicyFileSource } from "./policy-file-source.js";
import { defaultsBeside } from "./policy-texts.js";
import { contentOf, digestOf, type FileContent, readFileContent } from "./read-file-content.js";
import { checkReplaceable, replaceFile } from "./replace-file.js";
import { finishInSlices } from "./run-steps.js";

export interface PolicyFileWriterDeps {
  /** The main file. The defaults are only read. */
  readonly file: string;
  /** Of the same file. */
  readonly source: PolicyFileSource;
}

const MISSING = { state: "missing" } as const;

/**
 * Writes the main policy file, and files of policy functions: a temporary file beside it, fsync, rename,
 * fsync of the folder.
 */
export function createPolicyFileWriter({ file, source }: PolicyFileWriterDeps): PolicyWriter {
  const changed = (which: string): PdpError =>
    new PdpError({ reason: "FILE_CHANGED_ON_DISK", file: which });

  /** A check for the moment before a file is replaced. */
  const stillHas = (which: string, content: FileContent) => async (): Promise<void> => {
    if (digestOf(await readFileContent(which)) !== digestOf(content)) throw changed(which);
  };

  async function planMain(
    loaded: PolicyFileContents,
    edit: PolicyDocumentEdit,
  ): Promise<PlannedEdit> {
    await checkReplaceable(file);
    const text = await finishInSlices(editSteps(loaded, edit));
    const withMain = (main: string): PolicyFileContents => ({
      ...loaded,
      main: contentOf(Buffer.from(main)),
    });
    return {
      load: await source.setOf(withMain(text)),
      async write(policyVersion) {
        const contents = withMain(await finishInSlices(versionSteps(text, policyVersion)));
        const bytes = bytesOf(contents.main);
        await replaceFile({ file, bytes, check: stillHas(file, loaded.main) });
        source.accept(contents);
      },
    };
  }

  async function planFunction(
    loaded: PolicyFileContents,
    edit: PolicyFunctionEdit,
  ): Promise<PlannedEdit> {
    const folder = loaded.functions ?? { listing: MISSING, files: [] };
    const before = folder.files.find(({ name }) => name === edit.file)?.content ?? MISSING;
    const after = edit.text === undefined ? MISSING : contentOf(Buffer.from(edit.text));
    const contents = { ...loaded, functions: withFunctionFile(folder, edit.file, after) };
    return {
      load: await source.setOf(contents),
      async write() {
        await editFunctionFile(edit, stillHas(edit.file, before));
        source.accept(contents);
      },
    };
  }

  return {
    async plan(edit) {
      const loaded = source.loaded();
      const now = await source.read();
      const isLoaded = loaded && source.digestOf(now) === source.digestOf(loaded);
      if (!isLoaded) throw changed(file);
      return edit.kind === "function" ? planFunction(loaded, edit) : planMain(loaded, edit);
    },

    async restore(documents) {
      const now = await source.read();
      const loaded = source.loaded() ?? (documents && (await contentsOf(now, documents)));
      if (loaded === undefined) return;
      await putBack(defaultsBeside(file), now.defaults, loaded.defaults);
      await putBack(file, now.main, loaded.main);
    },
  };
}

function* editSteps(
  { main, defaults }: Pick<PolicyFileContents, "defaults"> & { readonly main?: FileContent },
  edit: PolicyDocumentEdit,
): Generator<void, string> {
  const ofDefaults = yield* policyDocumentSteps(textOf(defaults) ?? "");
  return yield* editPolicySteps(main && textOf(main), edit, ofDefaults);
}

/** The effective set where nothing else is known of the files. */
async function contentsOf(
  { defaults }: PolicyFileContents,
  documents: readonly ValueMap[],
): Promise<PolicyFileContents> {
  const text = await finishInSlices(editSteps({ defaults }, { kind: "replace", documents }));
  return { main: contentOf(Buffer.from(text)), defaults };
}

async function putBack(file: string, now: FileContent, before: FileContent): Promise<void> {
  // A file that was not there is not removed: what it holds is nobody's to lose.
  if (before.state !== "read" || digestOf(now) === digestOf(before)) return;
  await replaceFile({ file, bytes: before.bytes });
}

function textOf(content: FileContent): string | undefined {
  if (content.state !== "read") return undefined;
  const decoded = decodePolicyFile(content.bytes);
  return decoded.ok ? decoded.text : undefined;
}

function bytesOf(content: FileContent): Uint8Array {
  return content.state === "read" ? content.bytes : new Uint8Array();
}
