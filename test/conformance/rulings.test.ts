import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readCaseFiles } from "./conformance-case.js";

const rulings = z
  .record(
    z.string(),
    z.strictObject({
      says: z.string().min(1),
      cases: z.array(z.string()).min(1),
      also: z.array(z.string()).default([]),
    }),
  )
  .parse(parse(readFileSync(new URL("rulings.yaml", import.meta.url), "utf8")));

const known = ["*", ...readCaseFiles().map(({ path }) => path.replace(/\.yaml$/, ""))];
const root = new URL("../../", import.meta.url);

it("every point from 1 to 43 is settled", () => {
  const numbers = Array.from({ length: 43 }, (_, index) => String(index + 1));
  expect(Object.keys(rulings)).toEqual(numbers);
});

it.each(Object.entries(rulings))(
  "point %s: its cases and tests exist",
  (_number, { cases, also }) => {
    expect(cases.filter((name) => !known.includes(name))).toEqual([]);
    expect(also.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  },
);
