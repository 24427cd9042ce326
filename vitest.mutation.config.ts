import { fileURLToPath } from "node:url";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";
import { chosenGroup } from "./tools/mutation-groups.mjs";

/** Tables first: they end most mutants in milliseconds, and the run stops at the first failure. */
class TablesFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const properties = files.filter(({ moduleId }) => moduleId.includes(".property."));
    const tables = files.filter((file) => !properties.includes(file));
    return Promise.resolve([...tables, ...properties]);
  }
}

export default defineConfig({
  resolve: {
    alias: {
      "fast-check": fileURLToPath(new URL("test/support/capped-fast-check.ts", import.meta.url)),
    },
  },
  test: {
    include: chosenGroup().tests,
    sequence: { sequencer: TablesFirst },
    isolate: false, // Stryker switches mutants while modules stay loaded.
    testTimeout: 60_000,
  },
});
