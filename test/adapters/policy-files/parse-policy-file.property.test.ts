import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueOf } from "../../../src/adapters/policy-files/json-tree.js";
import { parsePolicyFile } from "../../../src/adapters/policy-files/parse-policy-file.js";

const json = fc.json({ maxDepth: 6, stringUnit: "grapheme" });
/** Near-JSON: pieces of it in any order, so that nearly every kind of syntax error is among them. */
const pieces = fc
  .array(
    fc.constantFrom(
      ..."{ } [ ] , : // /**/ ' \" \\ \n 0 1 -1 - 01 1. 1.5e3 1e +1 true false null nul NaN".split(
        " ",
      ),
      '"a"',
      '"b":',
      '{"b":1,',
      "[1,",
      String.raw`"\u00e9\n"`,
      String.raw`"\q"`,
      '"\t"',
      "\u00a0",
      "\uFEFF",
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("parsePolicyFile agrees with JSON.parse", () => {
  it("on the value of every JSON text", () => {
    fc.assert(
      fc.property(json, (text) => {
        const { root } = parsePolicyFile(text);
        expect(JSON.stringify(root && valueOf(root))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it("on what is JSON, and says what is wrong with the rest", () => {
    fc.assert(
      fc.property(fc.oneof(pieces, fc.string({ unit: "binary" })), (text) => {
        const { root, problems } = parsePolicyFile(text);
        expect(root !== undefined).toBe(isJson(text));
        expect(root !== undefined || problems.length > 0).toBe(true);
        for (const { offset } of problems) expect(offset).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 5000 },
    );
  });

  it("on a JSON text that was cut off", () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        const cut = text.slice(0, at % text.length);
        expect(parsePolicyFile(cut).root !== undefined).toBe(isJson(cut));
      }),
    );
  });
});
