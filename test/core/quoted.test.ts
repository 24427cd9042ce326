import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoted } from "../../src/core/quoted.js";
import type { Value } from "../../src/core/values.js";
import { anyValue } from "../support/arbitrary-values.js";

describe("quoted", () => {
  // prettier-ignore
  it.each<[says: string, value: Value, text: string]>([
    ["text as JSON",                              'a"b\n', '"a\\"b\\n"'],
    ["64 characters whole",                       "x".repeat(64), `"${"x".repeat(64)}"`],
    ["more cut, with an ellipsis",                "x".repeat(65), `"${"x".repeat(64)}…"`],
    ["characters, not halves of them",            "\u{1F600}".repeat(65), `"${"\u{1F600}".repeat(64)}…"`],
    ["a lone surrogate escaped",                  "\ud800", '"\\ud800"'],
    ["numbers as they are",                       70_000, "70000"],
    ["also those that JSON cannot print",         Number.NaN, "NaN"],
    ["booleans",                                  true, "true"],
    ["null",                                      null, "null"],
    ["a list by its kind",                        [1], "a list"],
    ["an object by its kind",                     { a: 1 }, "an object"],
  ])("shows %s", (_says, value, text) => {
    expect(quoted(value)).toBe(text);
  });

  it("is short and on one line for any value", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(quoted(value)).toMatch(/^[^\n\r]{1,400}$/);
      }),
    );
  });
});
