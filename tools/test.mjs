// `npm test`: installs when needed, then every check in turn; stops at the first that fails.
// Arguments go to vitest: `npm test -- test/core`.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  ensureBuilt,
  ensureInstalled,
  fail,
  requireNode,
  ROOT,
  run,
  say,
} from "./ensure-built.mjs";

const REPORT = "reports/vitest.json";
const TSC = "node_modules/typescript/bin/tsc";
const VITEST_REPORTS = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];

requireNode();
rmSync(join(ROOT, REPORT), { force: true });
ensureInstalled();

step("types", TSC, ["-p", "tsconfig.json"]);
step("types of src/core, which knows nothing of Node", TSC, ["-p", "src/core/tsconfig.json"]);
step("lint", "node_modules/eslint/bin/eslint.js", ["."]);
step("format (mend with `npm run format`)", "node_modules/prettier/bin/prettier.cjs", [
  "--check",
  "--log-level=warn",
  ".",
]);
step("layers", "node_modules/dependency-cruiser/bin/dependency-cruise.mjs", [
  "--config",
  ".dependency-cruiser.mjs",
  "src",
]);
ensureBuilt(); // Tests of the command line run dist.
step("tests", "node_modules/vitest/vitest.mjs", [
  "run",
  ...VITEST_REPORTS,
  ...process.argv.slice(2),
]);
if (process.argv.length === 2) testPython(); // Arguments choose tests of vitest.
say("all checks passed");

function step(what, script, args) {
  say(`checking ${what}`);
  if (run(script, args) !== 0) fail(`npm test failed at: ${what}`);
}

function testPython() {
  say("checking clients/python");
  const { error, status } = spawnSync("bash", ["tools/test-python.sh"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (error) say("python: skipped (bash is needed)");
  else if (status !== 0) fail("npm test failed at: clients/python");
}
