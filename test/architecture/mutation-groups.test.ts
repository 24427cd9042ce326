import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { MUTATION_GROUPS } from "../../tools/mutation-groups.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const groups = [...MUTATION_GROUPS.values()];

// A file in no group would count as tested; `npm run mutation` refuses to start then.
it("every file of core is in one group of those whose mutants are tried", () => {
  const present = readdirSync(join(ROOT, "src/core"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `src/core/${file.replaceAll("\\", "/")}`);
  expect(groups.flatMap(({ files }) => files).sort()).toEqual(present.sort());
});

it("and every test that a group names is there", () => {
  const tests = groups.flatMap((group) => group.tests);
  expect(tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([]);
});
