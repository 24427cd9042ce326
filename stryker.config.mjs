// Settings of `npm run mutation`. One report per group: it is also what the next run starts from.
import { chosenGroup } from "./tools/mutation-groups.mjs";

export default {
  testRunner: "vitest",
  // Not only tests that import the mutated file: tools/mutation.mjs looks whether each one ran.
  vitest: { configFile: "vitest.mutation.config.ts", related: false },
  plugins: ["@stryker-mutator/vitest-runner"],
  coverageAnalysis: "perTest",
  concurrency: 2,
  timeoutMS: 6_000, // Besides one and a half times what the tests took without a mutant.
  incremental: true,
  incrementalFile: chosenGroup().report,
  reporters: ["progress-append-only"],
  tempDirName: "reports/mutation/sandbox",
  ignorePatterns: [
    "/bench",
    "/docs/*",
    "!/docs/trust.md",
    "/dist",
    "/data",
    "/src/gen",
    "/test/e2e",
  ],
};
