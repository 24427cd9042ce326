import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { lintingDoc } from "../../tools/generate-linting-doc.mjs";

it("docs/linting.md is what the tables of checks give: run `npm run generate`", () => {
  const doc = readFileSync(new URL("../../docs/linting.md", import.meta.url), "utf8");
  expect(doc).toBe(lintingDoc());
});
