import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { readTokens } from "../../../src/adapters/cel/condition-tokens.js";
import { translateOlderSpelling } from "../../../src/adapters/cel/older-spelling.js";

const translate = (text: string) => translateOlderSpelling(text, readTokens(text));

describe("the older spelling", () => {
  it.each<[says: string, text: string, cel: string]>([
    ["`AND` is `&&`", "a AND b", "a && b"],
    ["`OR` is `||`", "a OR b", "a || b"],
    ["in lower case", "a and b or c", "a && b || c"],
    ["in mixed case", "a And b oR c", "a && b || c"],
    ["`NOT` reaches over a comparison", "NOT x > 5", "!( x > 5)"],
    ["`NOT` ends at `AND`", "NOT a == 1 AND b", "!( a == 1) && b"],
    ["`NOT` ends at `OR`", "NOT a == 1 OR b", "!( a == 1) || b"],
    ["`NOT` ends at `&&`", "NOT a == 1 && b", "!( a == 1) && b"],
    ["`NOT` on the right", "a AND NOT b in c", "a && !( b in c)"],
    ["`NOT NOT`", "NOT NOT x", "!( !( x))"],
    ["`NOT` before a parenthesis", "not(a or b) and c", "!((a || b)) && c"],
    ["`NOT` inside parentheses ends with them", "(NOT a == 1) == b", "(!( a == 1)) == b"],
    ["`NOT` around inner parentheses", "NOT (a) == (b) OR c", "!( (a) == (b)) || c"],
    ["`NOT` in each part of `?:`", "NOT a ? NOT b : NOT c", "!( a) ? !( b) : !( c)"],
    ["`NOT` in a list", "x in [NOT a, NOT b]", "x in [!( a), !( b)]"],
    ["`NOT` over arithmetic", "NOT a + 1 > 2", "!( a + 1 > 2)"],
    ["`!` keeps binding as in CEL", "NOT !a == b", "!( !a == b)"],
    ["words inside quotes stay", `a == "x AND y" OR b == 'NOT'`, `a == "x AND y" || b == 'NOT'`],
    ["words inside quotes with an escape stay", `a == "\\" OR " OR b`, `a == "\\" OR " || b`],
    ["words that contain them stay", "brand == order && notice", "brand == order && notice"],
    ["after a point it is a name", "a.not == b.AND", "a.not == b.AND"],
    ["before a point it is a name", "not.a == 1", "not.a == 1"],
    ["line breaks stay", "a\nAND\tb", "a\n&&\tb"],
  ])("%s", (_says, text, cel) => {
    expect(translate(text).text).toBe(cel);
  });

  it("is left alone where none of its words stands outside quotes", () => {
    const words = "a b.c brand order notice android 1 2.5 == != < && || ! ( ) [ ] , in + - % ? :";
    const quoted = ["'AND'", '"not"', "'x or y'", '"it\'s OR"'];
    const part = fc.constantFrom(...words.split(" "), ...quoted);
    const blank = fc.constantFrom(" ", "  ", "\n", "\t");
    fc.assert(
      fc.property(fc.array(part), blank, (parts, between) => {
        const text = parts.join(between);
        expect(translate(text)).toMatchObject({ text });
      }),
    );
  });

  it("keeps the place of every character that it keeps", () => {
    const part = fc.constantFrom("NOT a", "b > 1", "(NOT c)", "d.e", "'AND'", "not (x or y)");
    const word = fc.constantFrom(" AND ", " or ", " && ", "\nOr\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(part, word), { minLength: 1 }), (pairs) => {
        const text = pairs.flat().join("") + "z";
        const { text: cel, originalOffset } = translate(text);
        for (const { text: word, start, kind } of readTokens(cel)) {
          if (kind !== "operator") expect(text.startsWith(word, originalOffset(start))).toBe(true);
        }
        expect(originalOffset(cel.length)).toBe(text.length);
      }),
    );
  });
});

describe("`NOT` where it cannot stand", () => {
  it.each<[says: string, text: string, message: string]>([
    [
      "after a comparison",
      "a == NOT b",
      "`NOT` cannot follow `==`; put it and what it negates in parentheses: `(NOT ...)`",
    ],
    [
      "after `!`",
      "!not b",
      "`not` cannot follow `!`; put it and what it negates in parentheses: `(not ...)`",
    ],
    [
      "in `NOT IN`",
      "a NOT in [1]",
      "`NOT` stands before what it negates; write `NOT a in b`, not `a NOT in b`",
    ],
    [
      "after a parenthesis",
      "(a) NOT b",
      "`NOT` stands before what it negates; write `NOT a in b`, not `a NOT in b`",
    ],
  ])("%s", (_says, text, message) => {
    const offset = text.toUpperCase().indexOf("NOT");
    expect(createConditionCompiler().compile(text)).toEqual({ ok: false, message, offset });
  });
});
