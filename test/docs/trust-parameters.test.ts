import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { TRUST_PARAMETERS } from "../../src/core/trust/parameters.js";
import { rowsOf } from "../support/documentation.js";

const page = readFileSync(fileURLToPath(new URL("../../docs/trust.md", import.meta.url)), "utf8");

it("the page has every parameter with its default, unit, range and meaning", () => {
  const documented = rowsOf(page, ["parameter", "default", "unit", "range", "meaning"]);
  expect(documented).toStrictEqual(
    Object.entries(TRUST_PARAMETERS).map(([name, { value, unit, least, most, about }]) => [
      name,
      String(value),
      unit,
      `${least} to ${most}`,
      about,
    ]),
  );
});
