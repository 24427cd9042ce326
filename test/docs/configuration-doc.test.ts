import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configurationDoc } from "../../tools/generate-configuration-doc.mjs";

it("docs/configuration.md is what the settings give: run `npm run generate`", () => {
  const doc = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  expect(doc).toBe(configurationDoc());
});
