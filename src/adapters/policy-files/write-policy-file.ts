import { PdpError } from "../../application/errors.js";
import type { PolicyEdit, PolicyWriter } from "../../application/ports/policy-writer.js";
import type { ValueMap } from "../../core/values.js";
import { decodePolicyFile } from "./decode-policy-file.js";
import { editPolicySteps, policyDocumentSteps, versionSteps } from "./edit-policy-text.js";
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

/** Writes the main policy file: a temporary file beside it, fsync, rename, fsync of the folder. */
export function createPolicyFileWriter({ file, source }: PolicyFileWriterDeps): PolicyWriter {
  const changed = (): PdpError => new PdpError({ reason: "FILE_CHANGED_ON_DISK", file });

  return {
    async plan(edit) {
      const loaded = source.loaded();
      const now = await source.read();
      if (loaded === undefined || source.digestOf(now) !== source.digestOf(loaded)) throw changed();
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
          await replaceFile({
            file,
            bytes: bytesOf(contents.main),
            check: async () => {
              const main = await readFileContent(file);
              if (digestOf(main) !== digestOf(loaded.main)) throw changed();
            },
          });
          source.accept(contents);
        },
      };
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
  edit: PolicyEdit,
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
