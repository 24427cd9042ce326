import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { caseFile, readCaseFiles } from "./conformance-case.js";
import { expandShorthands } from "./expand-shorthands.js";

const SCHEMA = new URL("case.schema.json", import.meta.url);

describe("the format of the corpus", () => {
  it("case.schema.json is the schema that reads the files", () => {
    const generated = z.toJSONSchema(caseFile, { io: "input" });
    expect(JSON.parse(readFileSync(SCHEMA, "utf8"))).toEqual({ ...generated });
  });

  it("every file keeps it, and no name is given twice in one file", () => {
    const twice = readCaseFiles().flatMap((file) => {
      const names = ("cases" in file ? file.cases : file.loads).map(({ name }) => name);
      return new Set(names).size === names.length ? [] : [file.path];
    });
    expect(twice).toEqual([]);
  });
});

describe("shorthands", () => {
  it.each([
    ["a text, times", { $repeat: "ab", times: 3 }, "ababab"],
    ["a list of one value", { $repeat: { a: 1 }, times: 2 }, [{ a: 1 }, { a: 1 }]],
    ["texts as one", { $join: ["(", { $repeat: "a", times: 2 }, ")"] }, "(aa)"],
    ["keys", { $keys: 2 }, { k0: 1, k1: 1 }],
    ["deep inside", [{ a: { $repeat: "x", times: 1 } }], [{ a: "x" }]],
    ["a key of that name with something else", { $keys: "a" }, { $keys: "a" }],
    ["everything else as it is", { a: [null, 1, "$repeat"] }, { a: [null, 1, "$repeat"] }],
  ])("%s", (_name, written, meant) => {
    expect(expandShorthands(written)).toEqual(meant);
  });
});
